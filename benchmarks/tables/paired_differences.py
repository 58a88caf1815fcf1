"""Differences between models on the same images, and how sure they are."""

import math
import statistics
from typing import NamedTuple


class Difference(NamedTuple):
    """A model against another one.

    Attributes:
        mean: Of the differences of the images.
        error: Standard error of that mean.
        better: On how many images the model is better.
        images: How many there are.
    """

    mean: float
    error: float
    better: int
    images: int


def paired_difference(
    row: dict, other: dict, key: str, higher_is_better: bool
) -> Difference | None:
    """How much a model scores more than another, image by image.

    Args:
        row: Of a table, with `images`.
        other: Another row of the same set.
        key: Of the column.
        higher_is_better: Whether it is.

    Returns:
        None if fewer than two images have a score from both.
    """
    differences = []
    for name, scores in row['images'].items():
        pair = [
            number(each.get(key)) for each in (scores, other['images'][name])
        ]
        if all(map(math.isfinite, pair)):
            differences.append(pair[0] - pair[1])
    if len(differences) < 2:
        return None
    sign = 1 if higher_is_better else -1
    return Difference(
        statistics.fmean(differences),
        statistics.stdev(differences) / math.sqrt(len(differences)),
        sum(sign * each > 0 for each in differences),
        len(differences),
    )


def number(value: float | str | None) -> float:
    """A score as JSON keeps it: null is no number, 'inf' is infinite."""
    return math.nan if value is None else float(value)
