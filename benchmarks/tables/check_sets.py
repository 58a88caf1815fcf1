"""Whether test sets are laid out as they should be, and complete."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from adacode_mm.core.exceptions import InputError
from adacode_mm.evaluation.eval_images import read_eval_image, size_of

from .eval_sets import (
    KNOWN_SETS,
    find_set,
    find_sets,
    first,
    is_set,
    partners_of,
)

SCALES = (2, 4)


class SetReport(NamedTuple):
    """What was found of a set.

    Attributes:
        name: Of the set.
        found: Sentences about what is there.
        problems: Sentences about what is wrong.
    """

    name: str
    found: list[str]
    problems: list[str]


def check_set(name: str, folder: Path) -> SetReport:
    """Look at every image of a set, at its LR images and its masks.

    Args:
        name: Of the set.
        folder: Where it is.
    """
    report = SetReport(name, [], [])
    if not is_set(folder):
        report.problems.append(
            f'Expected images in {folder} or {folder / "HR"}, found none.'
        )
        return report
    seen = set()
    for scale in (1, *SCALES):
        try:
            eval_set = find_set(name, folder, scale)
        except InputError as error:
            report.problems.append(str(error))
            continue
        if eval_set.truth_folder not in seen:
            seen.add(eval_set.truth_folder)
            _check_truth(eval_set, report)
        if scale > 1 and (folder / f'LR_x{scale}').is_dir():
            _check_partners(eval_set, folder / f'LR_x{scale}', scale, report)
        if scale == 1 and (folder / 'masks').is_dir():
            _check_partners(eval_set, folder / 'masks', 1, report)
    return report


def folders_to_check(
    data: str | Path, names: Sequence[str] = ()
) -> list[tuple[str, Path]]:
    """As `find_sets`, but with folders that hold no images, too.

    Raises:
        InputError: If there is no folder.
    """
    data = Path(data)
    if names or not data.is_dir() or is_set(data):
        return find_sets(data, names)
    folders = sorted(
        each
        for each in data.iterdir()
        if each.is_dir() and not each.name.startswith('.')
    )
    return [(each.name, each) for each in folders] or find_sets(data)


def _check_truth(eval_set, report):
    sizes, gray = [], 0
    for image in eval_set.images:
        try:
            pixels = read_eval_image(image.truth)
        except InputError as error:
            report.problems.append(str(error))
            continue
        sizes.append(pixels.shape[:2])
        gray += pixels.ndim == 2
    count = len(eval_set.images)
    if sizes:
        heights, widths = zip(*sizes, strict=True)
        report.found.append(
            f'{eval_set.truth_folder}: {count} images, '
            f'{_range(widths)} wide, {_range(heights)} high, {gray} grey'
        )
    expected = KNOWN_SETS.get(eval_set.name)
    if expected not in (None, count):
        report.problems.append(
            f'{eval_set.name} has {expected} images, found {count} in '
            f'{eval_set.truth_folder}: what is measured on them is not '
            f'comparable.'
        )


def _check_partners(eval_set, folder, scale, report):
    truths = {each.name: each.truth for each in eval_set.images}
    try:
        partners = partners_of(truths, folder, scale)
    except InputError as error:
        report.problems.append(str(error))
        return
    report.found.append(f'{folder}: {len(partners)} of {len(truths)} images')
    lost = [name for name in truths if name not in partners]
    if lost:
        report.problems.append(f'{folder} lacks {first(lost)}.')
    for name, path in partners.items():
        try:
            given, truth = (read_eval_image(x) for x in (path, truths[name]))
        except InputError as error:
            report.problems.append(str(error))
            continue
        size = tuple(side // scale for side in truth.shape[:2])
        if given.shape[:2] != size:
            report.problems.append(
                f'{path} must be {size[1]}x{size[0]}, 1/{scale} of '
                f'{truths[name]}, got {size_of(given)}.'
            )


def _range(numbers):
    low, high = min(numbers), max(numbers)
    return str(low) if low == high else f'{low}-{high}'
