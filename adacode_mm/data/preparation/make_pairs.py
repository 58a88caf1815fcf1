"""Low-resolution partners of patches, degraded once beforehand."""

import os
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from adacode_mm.core.exceptions import InputError
from adacode_mm.work.engines.processes import run_processes
from adacode_mm.work.inputs import find_images
from adacode_mm.work.journal import Journal
from adacode_mm.work.report import Report

from .degraded_patch import PairSettings, degrade_patch
from .encode_png import encode_png
from .manifest import sha256
from .patch_output import books_of, check_settings, finish, finish_patches
from .patch_stores import DATABASE, PatchFolder, PatchLmdb, open_patches
from .read_image import decode_image

TOOL = 'make_pairs'


def make_pairs(
    gt: str | Path,
    settings: PairSettings,
    out: str | Path | None = None,
    workers: int | None = None,
) -> int:
    """Degrade all patches of a folder, in parallel and resumably.

    Writes to `out` a PNG file (or, if the GT is in an LMDB, an entry) of the
    name of each patch; `manifest.jsonl`, one line each, sorted by name:
    `patch`, `size` [width, height], `bytes` and `sha256` of the file,
    `gt_sha256` of the GT file; `report.txt`. What an earlier call has
    finished is not done again unless its GT has changed. In the end every GT
    has its partner and every partner its GT, or the report says which has
    not.

    Args:
        gt: Folder of the patches.
        settings: How to degrade.
        out: Folder for the partners; by default, beside `gt` and called
            `<gt>_LR_X<scale>`.
        workers: As of `run_processes`.

    Returns:
        Exit code: 0; 1 if a pair is missing or the batch was stopped; 130
        after Ctrl-C.

    Raises:
        InputError: If there are no patches, or if `out` holds something else
            or partners that were made with other settings.
        OutputError: If nothing can be written to `out`.
    """
    gt = Path(gt)
    if gt.exists() and not gt.is_dir():
        raise InputError(
            f'Expected a folder of patches, got the file {gt}: give the '
            'folder that it lies in.'
        )
    # Beside a link to a folder, where the configs look, not where it leads.
    out = Path(out or f'{os.path.abspath(gt)}_LR_X{settings.scale}')
    report = Report(unit='pair')
    source = open_patches(gt)
    states = _states(source, out, report)
    values = {**asdict(settings), 'backend': source.backend}
    with Journal(out, TOOL, new=True) as folder:
        check_settings(folder, values, folder.records)
        store = open_patches(out, source.backend)
        if store.in_worker:
            folder.prepare(states)
        tasks = _tasks(states, folder.records, store.sizes())
        report.kept = len(states) - len(tasks)

        def finished(name, result):
            record, patches = result
            store.write(patches)
            folder.record(name, {**record, 'settings': values})
            report.notes += [(name, note) for note in record['notes']]

        writer = store if store.in_worker else None
        with books_of(report, len(tasks), finished) as books:
            run_processes(
                partial(_make_pair, settings, source, writer),
                [(task.name, task) for task in tasks],
                books,
                workers=workers,
            )
        finish_patches(folder, store, report)
        store.close()
        _check_names(states, folder, report)
        return finish(folder, report)


@dataclass(frozen=True)
class _Task:
    """A patch to degrade, and what is known of its partner from before."""

    name: str
    file: str
    state: list | None
    known: dict | None
    complete: bool


def _tasks(states, records, sizes):
    """What is not finished, or whose GT looks changed since."""
    for name in set(records) - set(states):
        if name not in sizes:  # neither GT nor partner is left
            del records[name]
    tasks = []
    for name, (file, state) in states.items():
        known = records.get(name)
        complete = (
            known is not None
            and sizes.get(name) == known['patches'][0]['bytes']
        )
        if not complete or known['file'] != state:
            tasks.append(_Task(name, file, state, known, complete))
    return tasks


def _states(source, out, report):
    """From the name of each patch to its file in `source` and its state.

    A state is what changes when the file changes.
    """
    if out.resolve() == source.path.resolve():
        raise InputError(
            f'Expected another folder than that of the GT, got {out} for '
            'both: choose another --out.'
        )
    if isinstance(source, PatchLmdb):
        changed = (source.path / DATABASE).stat().st_mtime_ns
        return {
            name: (name, [size, changed])
            for name, size in sorted(source.sizes().items())
        }
    found = find_images([source.path], exclude=[out])
    report.skipped += [
        pair for pair in found.others if not _is_of_tool(pair[0])
    ]
    report.failed += found.unreadable
    states = {}
    for image in found.files:
        below = image.path.relative_to(source.path)
        name = below.with_suffix('.png').as_posix()
        if name in states:
            reason = (
                f'It would have the name of {states[name][0]}: rename one.'
            )
            report.failed.append((below.as_posix(), reason))
            continue
        try:
            status = image.path.stat()
            state = [status.st_size, status.st_mtime_ns]
        except OSError:  # a link to nowhere: reading it will say so
            state = None
        states[name] = (below.as_posix(), state)
    return states


def _is_of_tool(source):
    """Whether a file beside the patches is one that crop_patches writes."""
    return source.rsplit('/', 1)[-1] in ('manifest.jsonl', 'report.txt')


def _make_pair(
    settings: PairSettings,
    source: PatchFolder | PatchLmdb,
    writer: PatchFolder | None,
    task: _Task,
):
    """Record and files of a pair; the files are [] if written here."""
    content = source.read(task.file)
    digest = sha256(content)
    if task.complete and task.known['patches'][0]['gt_sha256'] == digest:
        return {**task.known, 'file': task.state}, []
    image, notes = decode_image(content)
    png = encode_png(degrade_patch(image, task.name, settings))
    height, width = (n // settings.scale for n in image.shape[:2])
    entry = {
        'patch': task.name,
        'size': [width, height],
        'bytes': len(png),
        'sha256': sha256(png),
        'gt_sha256': digest,
    }
    patches = [(task.name, png)]
    if writer is not None:
        writer.write(patches)
        patches = []
    return {'file': task.state, 'notes': notes, 'patches': [entry]}, patches


def _check_names(states, folder, report):
    """Every GT has a partner, and the other way round."""
    if report.stopped:
        return
    failed = dict(report.failed)
    report.failed += [
        (name, 'It has no partner.')
        for name in states
        if name not in folder.records and name not in failed
    ]
    report.failed += [
        (name, f'It has no GT any more: remove it from {folder.folder}.')
        for name in folder.records
        if name not in states and name not in failed
    ]
