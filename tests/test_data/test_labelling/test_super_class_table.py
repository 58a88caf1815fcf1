import adacode_mm  # noqa: F401  # isort: skip  (before mmseg)
import numpy as np
import pytest
from mmseg.utils import get_classes

from adacode_mm.core.exceptions import InputError
from adacode_mm.data.labelling.super_class_table import (
    DEFAULT_TABLE,
    SUPER_CLASSES,
    load_super_class_table,
)

# By anybody's understanding of the five words.
PLAIN = {
    'architecture': ['building', 'house', 'skyscraper', 'tower', 'bridge'],
    'indoor': ['bed', 'floor', 'ceiling', 'sofa', 'toilet', 'refrigerator'],
    'nature': ['sky', 'tree', 'grass', 'mountain', 'sea', 'waterfall'],
    'street': ['road', 'sidewalk', 'car', 'bus', 'traffic light'],
    'portrait': ['person'],
}


def test_every_class_of_ade20k_is_there_once_and_in_order():
    table = load_super_class_table()
    # One name of mmseg's list ends with a space.
    expected = [name.strip() for name in get_classes('ade20k')]
    assert list(table.names) == expected
    assert len(expected) == len(set(expected)) == 150
    assert table.groups.shape == (150,)


def test_plain_classes_are_where_they_belong():
    table = load_super_class_table()
    for super_class, names in PLAIN.items():
        for name in names:
            group = table.groups[table.names.index(name)]
            assert SUPER_CLASSES[group] == super_class, name
    assert np.bincount(table.groups).tolist() == [18, 84, 22, 25, 1]


def test_like_is_with_like():
    """Pairs that a network confuses must not lie in two sets."""
    table = load_super_class_table()
    group = dict(zip(table.names, table.groups, strict=True))
    for names in (
        ['stairs', 'stairway', 'step'],
        ['railing', 'bannister'],
        ['windowpane', 'blind', 'curtain'],
        ['awning', 'canopy', 'tent'],
        ['boat', 'ship', 'airplane'],
        ['painting', 'poster'],
        ['water', 'sea', 'river', 'lake', 'swimming pool'],
        ['earth', 'land', 'path', 'dirt track'],
    ):
        assert len({group[name] for name in names}) == 1, names


def test_doubtful_classes_are_argued():
    table = load_super_class_table()
    reasons = dict(zip(table.names, table.reasons, strict=True))
    doubtful = 'wall windowpane door person fence boat animal fountain pier'
    for name in [*doubtful.split(), 'swimming pool']:
        assert len(reasons[name]) > 15, name
    assert reasons['building'] == '' == reasons['sofa']


def edited(tmp_path, old, new):
    text = DEFAULT_TABLE.read_text()
    assert text.count(old) == 1
    path = tmp_path / 'table.csv'
    path.write_text(text.replace(old, new))
    return path


@pytest.mark.parametrize(
    ('old', 'new', 'message'),
    [
        ('\n1,building,', '\n7,building,', "class 1 belongs .* 7, 'building'"),
        ('\n4,tree,', '\n4,building,', 'of which there are 2'),
        ('\n11,sidewalk,street', '\n11,sidewalk,road', "it is 'road'"),
        ('index,name', 'number,name', "begins with 'number,name"),
    ],
)
def test_a_wrong_line_is_named(tmp_path, old, new, message):
    with pytest.raises(InputError, match=message):
        load_super_class_table(edited(tmp_path, old, new))


def test_a_missing_table_is_named(tmp_path):
    with pytest.raises(InputError, match=r"CSV table at '.*none\.csv'"):
        load_super_class_table(tmp_path / 'none.csv')
