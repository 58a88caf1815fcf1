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
from adacode_mm.evaluation.eval_images import image_size, size_of_pair
from adacode_mm.images.formats import IMAGE_SUFFIXES

# Names that every paper uses, with how many images they have.
KNOWN_SETS = {
    'Set5': 5, 'Set14': 14, 'BSD100': 100, 'Urban100': 100, 'Manga109': 109,
    'DIV2K': 100, 'DIV8K': 100, 'OST300': 300,
}  # fmt: skip


class EvalImage(NamedTuple):
    """Name without suffix, ground truth, and given input (LR or mask)."""

    name: str
    truth: Path
    given: Path | None = None


class EvalSet(NamedTuple):
    """Images of one set, sorted by name, and where the truths lie."""

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
    if not data.is_dir():
        raise InputError(f'There is no folder {data}: check --data.')
    below = sorted(each for each in data.iterdir() if each.is_dir())
    names = [name.rstrip('/\\') for name in dict.fromkeys(names)]
    for name in names:
        if not (data / name).is_dir():
            there = ', '.join(each.name for each in below) or 'none at all'
            raise InputError(
                f'There is no set {name} in {data}; the folders there are '
                f'{there}.'
            )
    if names:
        return [(name, data / name) for name in names]
    if _is_set(data):
        return [(data.resolve().name, data)]
    found = [(each.name, each) for each in below if _is_set(each)]
    if not found:
        raise InputError(
            f'There are no images in {data}, as <Set>/HR/* or <Set>/*: check '
            f'--data.'
        )
    return found


def find_set(
    name: str, folder: Path, scale: int, given: str | None = None
) -> EvalSet:
    """The images of a set, whose given inputs fit.

    Args:
        name: What the set is called.
        folder: Where it is.
        scale: Of super-resolution, which chooses `HR_x<scale>`; else 1.
        given: Folder of given inputs below `folder`: 'LR_x4', 'masks'.

    Raises:
        InputError: If there is no image, one is too small, one lacks its
            given input or has one of another size, or two have one name.
    """
    places = [folder / f'HR_x{scale}', folder / 'HR']
    if scale == 1:  # the one that lost least by cropping
        places = [folder / 'HR', *sorted(folder.glob('HR_x*'))]
    truth_folder = next((each for each in places if _images(each)), folder)
    truths = by_name(truth_folder)
    there = by_name(folder / given) if given else {}
    images = []
    for each, truth in sorted(truths.items()):
        height, width = image_size(truth)
        if min(height, width) < scale:
            raise InputError(
                f'{truth} must have at least {scale} pixels in each '
                f'direction, got {width}x{height}: leave it out.'
            )
        partner = there.get(each, there.get(f'{each}x{scale}'))
        if given and partner is None:
            raise InputError(
                f'{folder / given} must have an image for each in '
                f'{truth_folder}, but {each} has none.'
            )
        expected = height // scale, width // scale
        if partner and image_size(partner) != expected:
            raise InputError(
                f'{partner} must be {size_of_pair(expected)}, 1/{scale} of '
                f'{truth}, got {size_of_pair(image_size(partner))}.'
            )
        images.append(EvalImage(each, truth, partner))
    return EvalSet(name, folder, truth_folder, tuple(images))


def by_name(folder: Path) -> dict[str, Path]:
    """Name without suffix -> image file directly in a folder.

    Raises:
        InputError: If there is no image, or two have the same name.
    """
    found: dict[str, Path] = {}
    for path in _images(folder):
        if path.stem in found:
            raise InputError(
                f'Images of {folder} must differ in more than their suffix, '
                f'but there are {found[path.stem].name} and {path.name}: '
                f'remove one.'
            )
        found[path.stem] = path
    if not found:
        raise InputError(f'There are no images in {folder}.')
    return found


def check(name: str, folder: Path) -> tuple[list[str], list[str]]:
    """What there is of a set, and what is wrong with it, as sentences."""
    found, problems = {}, []
    given = [(int(x.name[4:]), x.name) for x in folder.glob('LR_x*')]
    given += [(1, 'masks')] if (folder / 'masks').is_dir() else []
    for scale, inputs in [(1, None), *sorted(given)]:
        try:
            each = find_set(name, folder, scale, inputs)
        except InputError as error:
            problems.append(str(error))
            continue
        where = folder / inputs if inputs else each.truth_folder
        found[f'{where}: {len(each.images)} images'] = each
    for each in found.values():
        if KNOWN_SETS.get(name, len(each.images)) != len(each.images):
            problems.append(
                f'{name} has {KNOWN_SETS[name]} images, found '
                f'{len(each.images)}: scores are not comparable.'
            )
    return list(found), list(dict.fromkeys(problems))


def _is_set(folder):
    places = [folder, folder / 'HR', *folder.glob('HR_x*')]
    return any(_images(each) for each in places)


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
