"""Label of every patch, from its segmentation or from a user's word."""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np

from adacode_mm.core.exceptions import InputError

from .super_class_rules import RULES, super_class_counts
from .super_class_table import SUPER_CLASSES, SuperClassTable

LARGEST = 3  # classes to remember of a patch


@dataclass(frozen=True)
class PatchLabel:
    """Super-class of a patch, and why.

    Attributes:
        super_class: One of `SUPER_CLASSES`.
        reason: Name of the rule, or 'forced'.
        shares: Super-class -> share of the pixels with a class; empty for a
            patch that was not segmented.
        classes: The three largest classes that occur, with their shares.
    """

    super_class: str
    reason: str
    shares: Mapping[str, float]
    classes: tuple[tuple[str, float], ...]


def forced_classes(
    patterns: Mapping[str, list[str]], sources: Mapping[str, str]
) -> dict[str, str]:
    """Super-classes that are given instead of found.

    Args:
        patterns: Super-class -> shell patterns, such as '*ffhq*', of patches
            or of the photographs that they are from.
        sources: Photograph of each patch.

    Returns:
        Super-class of each patch that a pattern fits.

    Raises:
        InputError: If a super-class is unknown, a pattern fits no patch, or
            two super-classes want the same one.
    """
    forced = {}
    for super_class, each in patterns.items():
        if super_class not in SUPER_CLASSES:
            raise InputError(
                f'A class to force must be one of {SUPER_CLASSES}, got '
                f'{super_class!r}.'
            )
        for pattern in each:
            fitting = [
                patch
                for patch, source in sources.items()
                if fnmatchcase(patch, pattern) or fnmatchcase(source, pattern)
            ]
            if not fitting:
                raise InputError(
                    f'The pattern {pattern!r} of {super_class} must fit a '
                    f'patch or its photograph, but it fits none: the first '
                    f'photograph is {next(iter(sources.values()))!r}.'
                )
            for patch in fitting:
                if forced.setdefault(patch, super_class) != super_class:
                    raise InputError(
                        f'The patch {patch!r} is forced to be both '
                        f'{forced[patch]} and {super_class}: make the '
                        f'patterns narrower.'
                    )
    return forced


def forced_label(super_class: str) -> PatchLabel:
    """Label of a patch that was not segmented."""
    return PatchLabel(super_class, 'forced', {}, ())


def found_label(
    counts: Mapping[str, int], table: SuperClassTable, rule: str
) -> PatchLabel:
    """Label by the pixels of each class.

    Args:
        counts: Index of a class, as text, -> number of its pixels.
        table: Super-class of each class.
        rule: One of `RULES`.

    Raises:
        InputError: If no pixel has a class.
    """
    pixels = np.zeros(len(table.names), np.int64)
    for index, count in counts.items():
        pixels[int(index)] = count
    chosen = RULES[rule](pixels, table.groups)
    total = int(pixels.sum())
    groups = super_class_counts(pixels, table.groups, len(SUPER_CLASSES))
    # Stable, so that the smaller index is first among equals.
    order = np.argsort(-pixels, kind='stable')
    return PatchLabel(
        SUPER_CLASSES[chosen],
        rule,
        {
            name: int(count) / total
            for name, count in zip(SUPER_CLASSES, groups, strict=True)
        },
        tuple(
            (table.names[k], int(pixels[k]) / total)
            for k in order[: min(LARGEST, np.count_nonzero(pixels))]
        ),
    )
