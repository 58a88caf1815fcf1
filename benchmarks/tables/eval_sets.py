"""Test sets on disk: one folder a set, laid out as benchmarks are.

    <data>/<Set>/HR/*                  the ground truth, or
    <data>/<Set>/HR_x4/*               cropped for a scale, or
    <data>/<Set>/*                     images in the folder itself
    <data>/<Set>/LR_x4/*               given low-resolution images
    <data>/<Set>/masks/*               given holes, white where they are

A pair shares its name but for the suffix; `x4` after the name of a
low-resolution image is understood, too.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from adacode_mm.core.exceptions import InputError
from adacode_mm.images.formats import IMAGE_SUFFIXES

# Names that every paper uses, with how many images they have.
KNOWN_SETS = {
    'Set5': 5,
    'Set14': 14,
    'BSD100': 100,
    'Urban100': 100,
    'Manga109': 109,
    'DIV2K': 100,
    'DIV8K': 100,
    'OST300': 300,
}


class EvalImage(NamedTuple):
    """One image of a set.

    Attributes:
        name: The file's name without its suffix.
        truth: File of the ground truth.
        given: File of the given input (low resolution, or a mask), or None.
    """

    name: str
    truth: Path
    given: Path | None = None


class EvalSet(NamedTuple):
    """Images of one set, sorted by name.

    Attributes:
        name: Of the folder.
        folder: Where it is.
        truth_folder: Where the ground truth lies.
        images: The images.
    """

    name: str
    folder: Path
    truth_folder: Path
    images: tuple[EvalImage, ...]


def find_sets(
    data: str | Path, names: Sequence[str] = ()
) -> list[tuple[str, Path]]:
    """Names and folders of the sets below a folder, or of the folder itself.

    Args:
        data: Folder that holds a folder for each set, or images.
        names: Which sets; all of them if there is none.

    Raises:
        InputError: If there is no such folder, or no images in it.
    """
    data = Path(data)
    names = [name.rstrip('/\\') for name in names]
    if not data.is_dir():
        raise InputError(
            f'Expected a folder of test sets at {data}, found none: give the '
            f'right one with --data.'
        )
    for name in names:
        if not (data / name).is_dir():
            there = ', '.join(sorted(each.name for each in _folders(data)))
            raise InputError(
                f'Expected the set {name} in the folder {data / name}, found '
                f'none: the folders there are {there or "none at all"}.'
            )
    if names:
        return [(name, data / name) for name in dict.fromkeys(names)]
    if _images(data) or is_set(data):
        return [(data.resolve().name, data)]
    found = [(each.name, each) for each in _folders(data) if is_set(each)]
    if not found:
        raise InputError(
            f'Expected test sets in {data}, as <Set>/HR/* or <Set>/*, found '
            f'no images: give the right folder with --data.'
        )
    return found


def find_set(
    name: str, folder: Path, scale: int, given: str | None = None
) -> EvalSet:
    """The images of a set.

    Args:
        name: What the set is called.
        folder: Where it is.
        scale: Of super-resolution, which chooses `HR_x<scale>`; else 1.
        given: Folder of given inputs below `folder`: 'LR_x4', 'masks'.

    Raises:
        InputError: If there is no image, or one without its given input; or
            if two have the same name.
    """
    truth_folder = _truth_folder(folder, scale)
    truths = by_name(truth_folder)
    partners = {}
    if given is not None:
        partners = partners_of(truths, folder / given, scale)
        lost = [each for each in truths if each not in partners]
        if lost:
            raise InputError(
                f'{name} must have an image in {folder / given} for each of '
                f'the {len(truths)} in {truth_folder}, but {first(lost)} '
                f'{"has" if len(lost) == 1 else "have"} none.'
            )
    images = tuple(
        EvalImage(each, truths[each], partners.get(each))
        for each in sorted(truths)
    )
    return EvalSet(name, folder, truth_folder, images)


def by_name(folder: Path) -> dict[str, Path]:
    """Name without suffix -> image file directly in a folder.

    Raises:
        InputError: If there is no image, or two have the same name.
    """
    found = {}
    for path in _images(folder):
        if path.stem in found:
            raise InputError(
                f'Images of {folder} must differ in more than their suffix, '
                f'but there are {found[path.stem].name} and {path.name}: '
                f'remove one.'
            )
        found[path.stem] = path
    if not found:
        raise InputError(f'Expected images in {folder}, found none.')
    return found


def partners_of(names, folder: Path, scale: int) -> dict[str, Path]:
    """For each name the image of that name in another folder, if any."""
    if not folder.is_dir():
        raise InputError(
            f'Expected given inputs in {folder}, found no such folder: '
            f'put them there, or let them be made.'
        )
    there = by_name(folder)
    partners = {}
    for name in names:
        for candidate in (name, f'{name}x{scale}'):
            if candidate in there:
                partners[name] = there[candidate]
                break
    return partners


def is_set(folder: Path) -> bool:
    """Whether a folder is laid out as a set with images."""
    return any(_images(each) for each in [folder, *_truth_folders(folder)])


def first(names: Sequence[str], most: int = 3) -> str:
    """The first few of some names, and how many more there are."""
    shown = ', '.join(map(str, names[:most]))
    more = len(names) - most
    return f'{shown} and {more} more' if more > 0 else shown


def _truth_folder(folder, scale):
    candidates = [folder / f'HR_x{scale}', folder / 'HR']
    if scale == 1:  # the one that lost least by cropping
        candidates = [folder / 'HR', *sorted(folder.glob('HR_x*'))]
    for candidate in candidates:
        if _images(candidate):
            return candidate
    return folder


def _truth_folders(folder):
    return [folder / 'HR', *sorted(folder.glob('HR_x*'))]


def _images(folder):
    if not folder.is_dir():
        return []
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in IMAGE_SUFFIXES
        and not path.name.startswith('.')
        and path.is_file()
    )


def _folders(data):
    return sorted(each for each in data.iterdir() if each.is_dir())
