"""From a folder of patches to five labelled training sets."""

from contextlib import ExitStack
from pathlib import Path

from adacode_mm.core.exceptions import InputError, OutputError
from adacode_mm.data.preparation.manifest import read_manifest
from adacode_mm.data.preparation.patch_output import books_of, finish
from adacode_mm.work.engines.torchrun import joined_processes
from adacode_mm.work.journal import Journal
from adacode_mm.work.report import Fate, Report

from .labelling_options import DivisionOptions, NetworkOptions
from .network_identity import check_network
from .patch_images import PatchImages
from .patch_labels import forced_classes, forced_label, found_label
from .segment_patches import segment_patches
from .segmenter import Segmenter
from .segmenter_weights import find_weights
from .source_split import source_of
from .super_class_table import load_super_class_table
from .write_division import write_division

MANIFEST = 'manifest.jsonl'


def label_patches(
    patches: str | Path,
    out: str | Path | None = None,
    manifest: str | Path | None = None,
    network: NetworkOptions | None = None,
    division: DivisionOptions | None = None,
) -> int:
    """Segment patches, label them and write the lists that training reads.

    In each of torchrun's processes, every one of which takes its share. What
    an earlier call has segmented is not segmented again, however many
    processes it had, so another rule, table or split is a matter of seconds.

    Args:
        patches: Folder of patches, or of an LMDB of them.
        out: Folder to write to; `annotations` beside the patches by default.
        manifest: JSON lines with the photograph of each patch; by default
            `manifest.jsonl` among the patches or beside their folder. Without
            one, the name of a patch tells.
        network: How patches are segmented.
        division: How segmented patches are divided.

    Returns:
        Exit code: 0, 1 if a patch could not be labelled, 130 after Ctrl-C.

    Raises:
        InputError: If anything given cannot be used.
    """
    network = network or NetworkOptions()
    division = division or DivisionOptions()
    patches = Path(patches)
    out = Path(out) if out else patches.absolute().parent / 'annotations'
    with joined_processes() as group, ExitStack() as stack:
        rank = group.rank if group.size > 1 else None
        journal = Journal(out, 'label_patches', new=True, rank=rank)
        job = _Labelling(group, patches, journal, manifest, division)
        if group.rank == 0:
            stack.enter_context(journal)
        group.share(None)
        if group.rank:
            stack.enter_context(journal)
        report = job.segment_missing(network)
        if group.rank:
            return report.exit_code if report.interrupted else 0
        if not report.stopped:
            try:
                job.divide(report)
            except OutputError as error:
                report.stopped = str(error)
        return finish(journal, report)


class _Labelling:
    """One call, as one of its processes sees it."""

    def __init__(self, group, patches, journal, manifest, division):
        self.group = group
        self.journal = journal
        self.division = division
        self.images = PatchImages(patches)
        self.table = load_super_class_table(division.table)
        entries = _manifest_entries(patches, manifest)
        names = self.images.names
        self.sources = {
            name: entries.get(name, {}).get('source') or source_of(name)
            for name in names
        }
        self.hashes = {
            name: entries.get(name, {}).get('sha256') for name in names
        }
        self.forced = forced_classes(division.forced, self.sources)

    def segment_missing(self, options):
        """Segment what no call has segmented yet; report on it."""
        report = Report('image')
        results = self._results()
        # Told by one process, so that all go by the same list.
        missing = self.group.share(self._missing(results))
        report.kept = len(self.images.names) - len(missing) - len(self.forced)
        weights = None
        if missing or options.checkpoint:
            weights = find_weights(options.checkpoint, options.config)
            if self.group.rank == 0:
                folder = self.journal.home
                check_network(folder, options.config, weights, len(results))
        self.group.share(None)  # nobody writes before that is checked
        own = self.group.part(missing)
        try:
            if own:
                with report.timed():
                    self._segment(own, options, weights, report)
        except KeyboardInterrupt:
            report.interrupt()
            return report  # the others are interrupted, too: do not wait
        except OutputError as error:
            report.stopped = str(error)
        kept = report.kept
        self.group.merge(report)
        report.kept = kept  # all processes count the same
        return report

    def divide(self, report):
        """Label all that is segmented; write lists, table and sheets."""
        self.journal.reload()
        results = self._results()
        labels = {}
        for name in self.images.names:
            if name in self.forced:
                labels[name] = forced_label(self.forced[name])
            elif name in results:
                counts = results[name]['counts']
                rule = self.division.rule
                labels[name] = found_label(counts, self.table, rule)
        report.notes += write_division(
            self.journal.folder,
            labels,
            self.sources,
            self.images.read,
            self.division,
        )

    def _results(self):
        """Results so far of patches as they are now."""
        return {
            name: record
            for name, record in self.journal.records.items()
            if len({record['sha256'], self.hashes.get(name)} - {None}) < 2
        }

    def _missing(self, results):
        return [
            name
            for name in self.images.names
            if name not in self.forced and name not in results
        ]

    def _segment(self, names, options, weights, report):
        segmenter = Segmenter(
            options.config,
            weights,
            self.group.device(options.device),
        )
        _check_classes(segmenter.classes, self.table.names, options.config)
        batches = segment_patches(
            names,
            self.images.read,
            segmenter,
            options.batch_size,
            options.workers,
        )
        with books_of(report, len(names), hidden=self.group.rank > 0) as books:
            for records, failed in batches:
                for name, record in records.items():
                    record['sha256'] = self.hashes[name]
                self.journal.record_all(records)
                fates = {name: Fate('done') for name in records}
                fates |= {
                    name: Fate('failed', x) for name, x in failed.items()
                }
                for name, fate in fates.items():
                    books.settle((name, None), fate)
                books.bar.computed(len(fates))


def _manifest_entries(patches, manifest):
    """What the manifest says, by the name of the patch."""
    if manifest is None:
        places = (patches / MANIFEST, patches.absolute().parent / MANIFEST)
        manifest = next((path for path in places if path.is_file()), None)
        if manifest is None:
            return {}
    return {
        entry['patch']: entry
        for entry in read_manifest(manifest)
        if 'patch' in entry
    }


def _check_classes(found, expected, config):
    if found == expected:
        return
    differing = [
        f'class {n} is {a!r} instead of {b!r}'
        for n, (a, b) in enumerate(zip(found, expected, strict=False))
        if a != b
    ]
    raise InputError(
        f'The network of {config!r} must tell the {len(expected)} classes of '
        f'the super-class table, but it tells {len(found)}'
        f'{"".join(f" and {each}" for each in differing[:1])}: give a config '
        f'and a checkpoint for ADE20K, or a --table for its classes.'
    )
