import csv
from pathlib import Path

import pytest
from mmengine.config import Config
from tiny_segformer import write_patches

import adacode_mm  # noqa: F401
from adacode_mm.core.exceptions import InputError
from adacode_mm.data.labelling.annotation_files import (
    write_annotation_files,
    write_label_table,
)
from adacode_mm.data.labelling.patch_labels import (
    forced_classes,
    forced_label,
    found_label,
)
from adacode_mm.data.labelling.super_class_table import (
    SUPER_CLASSES,
    load_super_class_table,
)
from adacode_mm.registry import DATASETS

CONFIGS = Path(__file__).parents[3] / 'configs' / 'adacode'
STAGE1 = {
    'architecture': 'stage1_arch.py',
    **{name: f'stage1_{name}.py' for name in SUPER_CLASSES[1:]},
}


def test_label_by_hand():
    table = load_super_class_table()
    # building 50, tree 30, grass 30, wall 15: nature by groups.
    counts = {'1': 50, '4': 30, '9': 30, '0': 15}
    label = found_label(counts, table, 'group_first')
    assert (label.super_class, label.reason) == ('nature', 'group_first')
    assert label.shares == pytest.approx(
        {
            'architecture': 0.4,
            'indoor': 0.12,
            'nature': 0.48,
            'street': 0,
            'portrait': 0,
        }
    )
    # Equal ones in the order of the classes.
    assert label.classes == (
        ('building', 0.4),
        ('tree', 0.24),
        ('grass', 0.24),
    )
    other = found_label(counts, table, 'class_first')
    assert other.super_class == 'architecture'
    assert other.shares == label.shares


def test_forced_classes_fit_patches_or_photographs():
    sources = {
        '00001_s001.png': 'ffhq/00001.png',
        'a_s001.png': 'mine/a.png',
        'b_s001.png': 'mine/b.png',
    }
    assert forced_classes(
        {'portrait': ['ffhq/*'], 'street': ['b_s*']}, sources
    ) == {'00001_s001.png': 'portrait', 'b_s001.png': 'street'}
    assert forced_classes({}, sources) == {}
    for patterns, message in (
        ({'faces': ['*']}, "got 'faces'"),
        ({'portrait': ['celeba/*']}, r"'celeba/\*' of portrait .* fits none"),
        ({'portrait': ['mine/*'], 'street': ['b*']}, "'b_s001.png' is forced"),
    ):
        with pytest.raises(InputError, match=message):
            forced_classes(patterns, sources)


@pytest.fixture
def division():
    """Twelve patches of all super-classes but `street`."""
    table = load_super_class_table()
    labels, splits, sources = {}, {}, {}
    kinds = {'church': '1', 'kitchen': '3', 'forest': '4'}
    for source, index in kinds.items():
        for n in range(3):
            name = f'{source}_s{n:03d}.png'
            labels[name] = found_label(
                {index: 9, '2': 1}, table, 'group_first'
            )
            splits[name] = 'valid' if n == 2 else 'train'
            sources[name] = f'set/{source}.jpg'
    labels['face_s001.png'] = forced_label('portrait')
    splits['face_s001.png'] = 'train'
    sources['face_s001.png'] = 'ffhq/face.png'
    return labels, splits, sources


def test_lists_hold_every_patch_once(tmp_path, division):
    labels, splits, _ = division
    (tmp_path / 'street_train.txt').write_text('of_an_earlier_call.png\n')
    write_annotation_files(tmp_path, labels, splits)
    lists = {p.stem: p.read_text().splitlines() for p in tmp_path.iterdir()}
    assert lists.pop('nature_train') == ['forest_s000.png', 'forest_s001.png']
    assert lists.pop('nature_valid') == ['forest_s002.png']
    assert lists.pop('indoor_train') == [
        'kitchen_s000.png',
        'kitchen_s001.png',
    ]
    assert lists.pop('indoor_valid') == ['kitchen_s002.png']
    assert lists.pop('portrait_train') == ['face_s001.png']
    assert lists.pop('portrait_valid') == []
    assert lists.pop('street_train') == lists.pop('street_valid') == []
    assert len(lists.pop('architecture_train')) == 2
    assert lists.pop('architecture_valid') == ['church_s002.png']
    assert lists.pop('train') == sorted(
        k for k, v in splits.items() if v == 'train'
    )
    assert lists.pop('valid') == sorted(
        k for k, v in splits.items() if v == 'valid'
    )
    assert not lists


def test_table_by_hand(tmp_path, division):
    path = tmp_path / 'labels.csv'
    write_label_table(path, *division)
    with path.open(newline='') as file:
        rows = list(csv.DictReader(file))
    assert [row['patch'] for row in rows] == sorted(division[0])
    assert rows[0] == {
        'patch': 'church_s000.png',
        'source': 'set/church.jpg',
        'split': 'train',
        'super_class': 'architecture',
        'reason': 'group_first',
        'architecture': '0.900000',
        'indoor': '0.000000',
        'nature': '0.100000',
        'street': '0.000000',
        'portrait': '0.000000',
        'class_1': 'building',
        'share_1': '0.900000',
        'class_2': 'sky',
        'share_2': '0.100000',
        'class_3': '',
        'share_3': '',
    }
    face = next(row for row in rows if row['patch'] == 'face_s001.png')
    assert (face['super_class'], face['reason']) == ('portrait', 'forced')
    assert face['nature'] == face['class_1'] == ''


def test_the_stage_one_configs_read_the_lists(tmp_path):
    names = write_patches(tmp_path / 'patches')[:20]
    labels = {
        name: forced_label(SUPER_CLASSES[n // 2 % 5])
        for n, name in enumerate(names)
    }
    splits = {name: ('train', 'valid')[n % 2] for n, name in enumerate(names)}
    (tmp_path / 'annotations').mkdir()
    write_annotation_files(tmp_path / 'annotations', labels, splits)
    for super_class, config in STAGE1.items():
        config = Config.fromfile(CONFIGS / config)
        for split, loader in (('train', 'train'), ('valid', 'val')):
            dataset = config[f'{loader}_dataloader'].dataset
            # The patches of this test are smaller than the crop.
            dataset.update(data_root=str(tmp_path), min_size=0, pipeline=[])
            found = [item['gt_path'] for item in DATASETS.build(dataset)]
            assert found == [
                str(tmp_path / 'patches' / name)
                for name in names
                if labels[name].super_class == super_class
                and splits[name] == split
            ]
            assert len(found) == 2
