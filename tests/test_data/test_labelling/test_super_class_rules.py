import numpy as np
import pytest

from adacode_mm.core.exceptions import InputError
from adacode_mm.data.labelling.super_class_rules import (
    class_counts,
    class_first,
    group_first,
    super_class_counts,
)

# Six classes in three groups.
GROUPS = np.array([2, 0, 0, 1, 1, 2])


def both(label_map):
    counts = class_counts(np.array(label_map), num_classes=6)
    return group_first(counts, GROUPS), class_first(counts, GROUPS)


def test_counts_by_hand():
    counts = class_counts(np.array([[0, 0, 5], [5, 5, 255]]), num_classes=6)
    assert counts.tolist() == [2, 0, 0, 0, 0, 3]
    assert super_class_counts(counts, GROUPS, 3).tolist() == [0, 0, 5]


def test_the_rules_agree_where_one_class_fills_the_patch():
    assert both([[3, 3], [3, 0]]) == (1, 1)


def test_many_small_classes_of_a_group_win_only_when_grouped_first():
    # Class 0 is the largest with 4, but 1 and 2 make 3 + 3 of group 0.
    assert both([0] * 4 + [1] * 3 + [2] * 3) == (0, 2)


def test_ties_go_to_the_smaller_index():
    # Groups 1 and 2 have two pixels each; classes 0 and 3 as well.
    assert both([3, 3, 0, 0]) == (1, 2)
    # Classes 2 and 3 are equal: the smaller class decides, not the group.
    assert both([3, 3, 2, 2, 5]) == (0, 0)


def test_ignored_pixels_do_not_count():
    assert both([255] * 90 + [4]) == (1, 1)
    with pytest.raises(InputError, match='all of its pixels are 255'):
        both([255, 255])


def test_labels_of_another_data_set_are_refused():
    for labels in ([0, 6], [-1, 2], [0, 254]):
        with pytest.raises(InputError, match=r'0\.\.5'):
            class_counts(np.array(labels), num_classes=6)


def test_grouping_the_counts_is_grouping_the_pixels():
    """Against the way of the released code, pixel by pixel."""
    random = np.random.default_rng(0)
    groups = random.integers(5, size=150)
    decided = set()
    for _ in range(200):
        few = random.choice(150, size=random.integers(2, 9), replace=False)
        labels = random.choice(few, size=(8, 8)).astype(np.uint8)
        expected = np.bincount([groups[k] for k in labels.ravel()]).argmax()
        counts = class_counts(labels)
        assert group_first(counts, groups) == expected
        largest = max(few, key=lambda k: ((labels == k).sum(), -int(k)))
        assert class_first(counts, groups) == groups[largest]
        decided.add(group_first(counts, groups) == groups[largest])
    assert decided == {True, False}  # both kinds occurred
