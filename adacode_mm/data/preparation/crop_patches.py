"""Cut photographs into patches of one size."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from adacode_mm.core.exceptions import InputError
from adacode_mm.work.engines.processes import run_processes
from adacode_mm.work.inputs import InputFile, find_images
from adacode_mm.work.journal import Journal
from adacode_mm.work.report import Report

from .encode_png import encode_png
from .image_patches import CropSettings, crop_image
from .manifest import sha256
from .patch_output import books_of, check_settings, finish, finish_patches
from .patch_stores import open_patches
from .read_image import decode_image
from .short_names import short_names

TOOL = 'crop_patches'


def crop_folders(
    folders: Iterable[str | Path],
    out: str | Path,
    settings: CropSettings,
    workers: int | None = None,
) -> int:
    """Cut all images of folders into patches, in parallel and resumably.

    Writes to `out`: the patches, `{image}_s{index:03d}.png`, as files or in
    an LMDB; `manifest.jsonl`, one line a patch, sorted by name: `patch`,
    `source` (folder and file), `size` [width, height], `box` [x, y, width,
    height] in the upright (and, with `random_resize`, resized) image,
    `image_size` [width, height] of that, `bytes` and `sha256` of the PNG
    file; `report.txt`. What an earlier call has finished, with the same
    folders or others, stays and is not done again.

    Args:
        folders: Folders of images, or single images.
        out: Folder for the patches.
        settings: How to cut.
        workers: As of `run_processes`.

    Returns:
        Exit code: 0; 1 if an image could not be read or the batch was
        stopped; 130 after Ctrl-C. An image that is too small is reported,
        but is no failure.

    Raises:
        InputError: If a folder is missing, there is no image, or `out` holds
            something else.
        OutputError: If nothing can be written to `out`.
    """
    found = find_images(folders, exclude=[out])
    report = Report(unit='image')
    report.skipped += found.others
    report.failed += found.unreadable
    with Journal(Path(out), TOOL, new=True) as folder:
        check_settings(
            folder,
            settings.relevant(),
            [image.source for image in found.files],
        )
        store = open_patches(out, settings.backend)
        tasks = _tasks(found.files, folder.records, store.sizes(), settings)
        report.kept = len(found.files) - len(tasks)

        def finished(source, result):
            record, patches = result
            store.write(patches)
            folder.record(source, record)
            report.notes.extend((source, note) for note in record['notes'])

        with books_of(report, len(tasks), finished) as books:
            writer = out if store.in_worker else None
            run_processes(
                partial(_crop_file, settings, writer),
                [(task.image.source, task) for task in tasks],
                books,
                workers=workers,
            )
        finish_patches(folder, store, report)
        store.close()
        return finish(folder, report)


@dataclass(frozen=True)
class _Task:
    """An image to cut, its name, and what is known of it from before."""

    image: InputFile
    name: str
    known: dict | None
    complete: bool


def _tasks(images, records, sizes, settings):
    """What is not finished, or whose file looks changed since."""
    names = short_names(
        [image.source for image in images],
        {source: record['name'] for source, record in records.items()},
    )
    tasks = []
    for image in images:
        known = records.get(image.source)
        complete = known is not None and all(
            sizes.get(entry['patch']) == entry['bytes']
            for entry in known['patches']
        )
        if not complete or known['file'] != _file_state(image.path):
            name = names[image.source]
            tasks.append(_Task(image, name, known, complete))
    return tasks


def _file_state(path):
    try:
        status = path.stat()
    except OSError:
        return None
    return [status.st_size, status.st_mtime_ns]


def _crop_file(settings, out, task):
    """Record and patches of an image; the patches are [] if written here."""
    state = _file_state(task.image.path)
    try:
        content = task.image.path.read_bytes()
    except OSError as error:
        raise InputError(
            f'The file cannot be read: {error.strerror}.'
        ) from None
    digest = sha256(content)
    if task.known is not None:
        if task.known['sha256'] != digest:
            raise InputError(
                'The file is not the one of this name that was cut before: '
                'choose another --out, or rename the folder that holds it.'
            )
        if task.complete:
            return {**task.known, 'file': state}, []
    image, notes = decode_image(content)
    entries, patches = [], []
    for index, (patch, entry) in enumerate(
        crop_image(image, task.image.path.name, settings), 1
    ):
        name = f'{task.name}_s{index:03d}.png'
        png = encode_png(patch)
        entries.append(
            {
                'patch': name,
                'source': task.image.source,
                **entry,
                'bytes': len(png),
                'sha256': sha256(png),
            }
        )
        patches.append((name, png))
    if out is not None:
        open_patches(out, 'png').write(patches)
        patches = []
    record = {
        'name': task.name,
        'settings': settings.relevant(),
        'file': state,
        'sha256': digest,
        'notes': notes,
        'patches': entries,
    }
    return record, patches
