"""From a segmentation of a patch to the super-class of the patch.

The released code groups first, the paper's text takes the largest class
first; they differ where one super-class has many small classes. Both decide
ties for the smaller index.
"""

import numpy as np

from adacode_mm.core.exceptions import InputError

IGNORED = 255  # pixels without a class, as in ADE20K's annotations


def class_counts(label_map: np.ndarray, num_classes: int = 150) -> np.ndarray:
    """Count the pixels of each class.

    Args:
        label_map: Class indices of any shape and integer type; 255 is no
            class.
        num_classes: Number of classes; at most 255.

    Returns:
        (num_classes,) int64.

    Raises:
        InputError: If an index is neither 255 nor below `num_classes`.
    """
    labels = np.asarray(label_map).ravel()
    labels = labels[labels != IGNORED]
    if labels.size and not 0 <= labels.min() <= labels.max() < num_classes:
        raise InputError(
            f'Labels must lie in 0..{num_classes - 1} or be {IGNORED}, but '
            f'{labels.min()}..{labels.max()} was found: the label map is of '
            f'another data set.'
        )
    return np.bincount(labels, minlength=num_classes)


def super_class_counts(
    counts: np.ndarray, groups: np.ndarray, num_groups: int = 5
) -> np.ndarray:
    """Count the pixels of each super-class.

    Args:
        counts: (number of classes,) pixels of each class.
        groups: (number of classes,) super-class of each class.
        num_groups: Number of super-classes.

    Returns:
        (num_groups,) int64.
    """
    totals = np.zeros(num_groups, np.int64)
    np.add.at(totals, groups, counts)
    return totals


def group_first(counts: np.ndarray, groups: np.ndarray) -> int:
    """Super-class with most pixels, as in the released code.

    Args:
        counts: (number of classes,) pixels of each class.
        groups: (number of classes,) super-class of each class.

    Raises:
        InputError: If no pixel has a class.
    """
    _check_any(counts)
    return int(super_class_counts(counts, groups).argmax())


def class_first(counts: np.ndarray, groups: np.ndarray) -> int:
    """Super-class of the class with most pixels, as in the paper's text.

    Args:
        counts: (number of classes,) pixels of each class.
        groups: (number of classes,) super-class of each class.

    Raises:
        InputError: If no pixel has a class.
    """
    _check_any(counts)
    return int(groups[counts.argmax()])


RULES = {'group_first': group_first, 'class_first': class_first}


def _check_any(counts):
    if not counts.any():
        raise InputError(
            'A patch needs at least one pixel with a class to get a label, '
            f'but all of its pixels are {IGNORED}: leave it out.'
        )
