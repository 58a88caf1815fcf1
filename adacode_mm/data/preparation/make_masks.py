"""Brush-stroke masks as files, one for each image of a folder."""

from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np

from adacode_mm.core.atomic_files import write_atomically
from adacode_mm.core.exceptions import ConfigError, InputError, OutputError
from adacode_mm.data.transforms.brush_stroke_mask import brush_stroke_mask
from adacode_mm.work.engines.processes import run_processes
from adacode_mm.work.inputs import find_images
from adacode_mm.work.journal import Journal
from adacode_mm.work.report import Report

from .encode_png import encode_png
from .manifest import sha256, write_manifest
from .patch_output import REPORT, books_of, finish
from .read_image import read_image
from .seeds import generator_of

TOOL = 'make_masks'
MANIFEST = 'manifest.jsonl'
# Beside the patches of crop_patches.py: no picture, but no surprise either.
WRITTEN_BY_TOOLS = (MANIFEST, REPORT, 'meta_info.txt')
WHITE = 255


@dataclass(frozen=True)
class MaskSettings:
    """What to draw.

    Args:
        num_strokes: As of `brush_stroke_mask`, like the rest.
        num_steps: Line segments of a stroke.
        brush_width: Width of a stroke in pixels.
        released_axes: Swap the axes as the release does.
        seed: With the name of an image, decides on its mask.

    Raises:
        ConfigError: If a range is empty.
    """

    num_strokes: tuple[int, int] = (1, 4)
    num_steps: tuple[int, int] = (8, 28)
    brush_width: tuple[int, int] = (12, 80)
    released_axes: bool = False
    seed: int = 0

    def __post_init__(self):
        for name in ('num_strokes', 'num_steps', 'brush_width'):
            low, high = getattr(self, name)
            if not 0 < low < high:
                raise ConfigError(
                    f'{name} must be a range LOW HIGH with 0 < LOW < HIGH '
                    f'(HIGH is not reached), got {low} {high}.'
                )
        if self.seed < 0:
            raise ConfigError(f'seed must be at least 0, got {self.seed}.')

    def relevant(self) -> dict:
        """What decides about the mask of an image, JSON-able."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }

    def draw(self, shape: tuple[int, int], name: str) -> np.ndarray:
        """Mask of an image.

        Args:
            shape: Height and width.
            name: Of the image.

        Returns:
            uint8 (H, W): 1 in the holes, 0 elsewhere.
        """
        options = asdict(self)
        seed = generator_of(name, options.pop('seed')).integers(2**32)
        rng = np.random.RandomState(int(seed))
        return brush_stroke_mask(shape, rng=rng, **options)[..., 0]


def make_masks(
    source: str | Path,
    out: str | Path,
    paint: str | Path | None = None,
    settings: MaskSettings | None = None,
    workers: int | None = None,
) -> int:
    """Draw a mask for every image of a folder, in parallel and resumably.

    Writes `out`/a/b.png for `source`/a/b.*: gray, 255 in the holes and 0
    elsewhere; `manifest.jsonl`, one line a mask, sorted by name: `mask`,
    `image`, `size` [width, height], `coverage` (0 to 1) and `sha256`;
    `report.txt`. What an earlier call with the same settings has finished is
    not done again.

    Args:
        source: Folder of images.
        out: Folder for the masks.
        paint: Folder for the images with white holes, PNG files of the same
            names; None for no such images.
        settings: What to draw.
        workers: As of `run_processes`.

    Returns:
        Exit code: 0; 1 if an image could not be read or the batch was
        stopped; 130 after Ctrl-C.

    Raises:
        InputError: If the folder is missing or empty, or `out` or `paint`
            hold something else, or masks drawn with other settings.
        OutputError: If nothing can be written there.
    """
    settings = settings or MaskSettings()
    folders = [Path(out)] + ([Path(paint)] if paint else [])
    _refuse_shared_folders([Path(source), *folders])
    found = find_images([source], exclude=folders)
    report = Report(unit='image')
    report.skipped += [
        (name, reason)
        for name, reason in found.others
        if Path(name).name not in WRITTEN_BY_TOOLS
    ]
    report.failed += found.unreadable
    images = _named(found.files, Path(source), report)
    with ExitStack() as stack:
        outputs = [
            stack.enter_context(Journal(each, TOOL, new=True))
            for each in folders
        ]
        folder = outputs[0]
        _refuse_other_settings(folder, settings.relevant())
        for output in outputs:
            output.prepare(images)
        tasks = [
            (name, (name, path))
            for name, path in images.items()
            if not _is_finished(folder.records.get(name), name, path, folders)
        ]
        report.kept = len(images) - len(tasks)
        with books_of(report, len(tasks), folder.record) as books:
            run_processes(
                partial(_draw_file, settings, folders),
                tasks,
                books,
                workers=workers,
            )
        _write_manifest(folder, report)
        return finish(folder, report)


def _refuse_shared_folders(folders):
    if len({folder.resolve() for folder in folders}) < len(folders):
        raise InputError(
            f'Images, masks and painted images must lie in folders of their '
            f'own, got {", ".join(map(str, folders))}.'
        )


def _named(images, source, report):
    """From the name of each mask, 'a/b.png', to its image."""
    if not source.is_dir():  # a single image
        source = source.parent
    named = {}
    for image in images:
        below = image.path.relative_to(source)
        name = below.with_suffix('.png').as_posix()
        if name in named:
            reason = f'would have the mask of {named[name]}: rename one.'
            report.failed.append((image.source, reason))
        else:
            named[name] = image.path
    return named


def _refuse_other_settings(folder, settings):
    for name, record in folder.records.items():
        if record['settings'] != settings:
            raise InputError(
                f'{folder.folder} holds {name} drawn with other settings '
                f'({record["settings"]}, now {settings}): choose another '
                f'--out, or call with the same flags to go on.'
            )


def _is_finished(record, name, path, folders):
    """Whether all files are there, of an image that looks the same."""
    if record is None or len(record['bytes']) < len(folders):
        return False
    if record['file'] != _file_state(path):
        return False
    for folder, size in zip(folders, record['bytes'], strict=False):
        try:
            if (folder / name).stat().st_size != size:
                return False
        except OSError:
            return False
    return True


def _file_state(path):
    try:
        status = path.stat()
    except OSError:
        return None
    return [status.st_size, status.st_mtime_ns]


def _draw_file(settings, folders, task):
    """Write the files of one image; returns its record."""
    name, path = task
    state = _file_state(path)
    image, _ = read_image(path)
    mask = settings.draw(image.shape[:2], name)
    pictures = [mask * np.uint8(WHITE)]
    if len(folders) > 1:
        pictures.append(np.where(mask[..., None] == 1, WHITE, image))
    files = [encode_png(each.astype(np.uint8)) for each in pictures]
    for folder, content in zip(folders, files, strict=True):
        write_atomically(folder / name, content)
    return {
        'settings': settings.relevant(),
        'file': state,
        'bytes': [len(content) for content in files],
        'entry': {
            'mask': name,
            'image': path.name,
            'size': [mask.shape[1], mask.shape[0]],
            'coverage': round(float(mask.mean()), 6),
            'sha256': sha256(files[0]),
        },
    }


def _write_manifest(folder, report):
    entries = [record['entry'] for _, record in sorted(folder.records.items())]
    try:
        write_manifest(folder.folder / MANIFEST, entries)
    except OutputError as error:
        report.stopped = report.stopped or str(error)
