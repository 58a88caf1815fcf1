"""Checks at the beginning and the end of a batch that writes patches."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from typing import Any

from adacode_mm.core.atomic_files import write_atomically
from adacode_mm.core.exceptions import InputError, OutputError
from adacode_mm.work.journal import Journal
from adacode_mm.work.report import Books, ProgressBar, Report

from .manifest import write_manifest
from .patch_stores import PatchFolder, PatchLmdb

MANIFEST = 'manifest.jsonl'
META_INFO = 'meta_info.txt'
REPORT = 'report.txt'


def check_settings(
    folder: Journal, settings: dict, items: Iterable[str]
) -> None:
    """Refuse to mix results of other settings.

    Args:
        folder: With the `settings` of every record in its journal.
        settings: Of this call; those called `backend` must be the same for
            all that the folder holds, others only for the same items.
        items: Names of the items of this call.

    Raises:
        InputError: If an item was done with other settings.
    """
    items = set(items)
    for item, record in sorted(folder.records.items()):
        old = record['settings']
        if item not in items:
            old = {'backend': old['backend']}
        new = {key: settings.get(key) for key in old}
        if item in items:
            new = settings
        if old != new:
            changes = ', '.join(
                f'{key} {old.get(key)} (now {new.get(key)})'
                for key in sorted({*old, *new})
                if old.get(key) != new.get(key)
            )
            raise InputError(
                f'{folder.folder} holds {item} made with {changes}: choose '
                'another --out, or call with the same flags to go on.'
            )


def finish_patches(
    folder: Journal,
    store: PatchFolder | PatchLmdb,
    report: Report,
) -> None:
    """Compare the folder with the journal and write the manifest.

    Entries whose patch is missing are left out of the manifest and are a
    failure, except after an interruption, where more is missing anyway.

    Args:
        folder: With the `patches` of every record in its journal.
        store: Where the patches are.
        report: Gets what is wrong.
    """
    try:
        sizes = store.sizes()
        entries = []
        failed = dict(report.failed)
        for item, record in sorted(folder.records.items()):
            there = [
                entry
                for entry in record['patches']
                if sizes.get(entry['patch']) == entry['bytes']
            ]
            entries += there
            lost = len(record['patches']) - len(there)
            if lost and item not in failed and not report.stopped:
                reason = (
                    f'Of its patches, {lost} are gone: call again with it.'
                )
                report.failed.append((item, reason))
        entries.sort(key=lambda entry: entry['patch'])
        known = {entry['patch'] for entry in entries}
        report.notes += [
            (name, 'It is not in the manifest: nothing tells what it is.')
            for name in sorted(set(sizes) - known)
            if not report.stopped
        ]
        write_manifest(folder.folder / MANIFEST, entries)
        if isinstance(store, PatchLmdb):
            _write_meta_info(folder, entries)
    except OutputError as error:
        report.stopped = report.stopped or str(error)


@contextmanager
def books_of(
    report: Report,
    count: int,
    done: Callable[[str, Any], None] = lambda name, result: None,
    hidden: bool = False,
) -> Iterator[Books]:
    """Books of a run that prepares data, with a progress bar.

    Args:
        report: Its `kept` items count as done.
        count: Number of the others.
        done: As of `Books`.
        hidden: Show no bar.
    """
    total = report.kept + count
    unit = f'{report.unit}s'
    with closing(ProgressBar(total, unit, hidden, report.kept)) as bar:
        yield Books(report, bar, done=done)


def finish(folder: Journal, report: Report) -> int:
    """Print the report and write it to the folder; returns the exit code."""
    log = folder.home / 'errors.log'
    return report.finish(folder.folder / REPORT, log, always=True)


def _write_meta_info(folder, entries):
    """List as other tools of OpenMMLab write it; serves as `ann_file`."""
    lines = (
        f'{entry["patch"]} ({entry["size"][1]},{entry["size"][0]},3) 3\n'
        for entry in entries
    )
    write_atomically(folder.folder / META_INFO, ''.join(lines))
