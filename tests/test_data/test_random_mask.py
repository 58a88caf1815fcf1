import adacode_mm  # noqa: F401  # isort: skip  (before MMagic)
import numpy as np
import pytest
from mmagic.datasets.transforms import LoadMask

from adacode_mm.core.exceptions import ConfigError, InputError
from adacode_mm.data.transforms.random_mask import RandomMask

CONFIGS = {
    'bbox': {'max_bbox_shape': 60, 'max_bbox_delta': 20, 'min_margin': 5},
    'irregular': {'area_ratio_range': (0.1, 0.4), 'brush_width': (6, 20)},
    'ff': {'num_vertices': (4, 9), 'brush_width': (6, 20)},
}


def image(height, width):
    return {'gt': np.zeros((height, width, 3), np.uint8), 'sample_idx': 0}


@pytest.mark.parametrize('mode', CONFIGS)
def test_square_masks_are_those_of_mmagic(mode):
    ours = RandomMask(mode, CONFIGS[mode])
    theirs = LoadMask(mode, {'img_shape': (96, 96), **CONFIGS[mode]})
    for seed in range(5):
        np.random.seed(seed)
        mask = ours.transform(image(96, 96))['mask']
        np.random.seed(seed)
        expected = theirs.transform({})['mask']
        np.testing.assert_array_equal(mask, expected)
        assert mask.dtype == np.uint8 and mask.shape == (96, 96, 1)
        assert 0 < mask.mean() < 0.9


@pytest.mark.parametrize('mode', ['irregular', 'ff'])
@pytest.mark.parametrize('shape', [(96, 192), (192, 96)])
def test_no_part_of_an_image_is_left_out(mode, shape):
    # By nature, 'ff' strokes drift to the right.
    config = dict(CONFIGS[mode])
    if mode == 'irregular':
        config['length_range'] = (10, 40)
    ours = RandomMask(mode, config)
    theirs = LoadMask(mode, {'img_shape': shape, **config})
    coverage = {'ours': [], 'theirs': []}
    np.random.seed(0)
    for name, transform in (('ours', ours), ('theirs', theirs)):
        mean = sum(
            transform.transform(image(*shape))['mask'] / 100
            for _ in range(100)
        )
        parts = np.array_split(mean, 4, axis=int(np.argmax(shape)))
        coverage[name] = [part.mean() for part in parts]
    assert min(coverage['ours']) > 0.3 * max(coverage['ours']), coverage
    # MMagic's own all but leaves out the far end.
    assert coverage['theirs'][-1] < 0.1 * max(coverage['theirs']), coverage


def test_irregular_masks_cover_the_share_that_is_asked_for():
    transform = RandomMask('irregular', {'area_ratio_range': (0.2, 0.3)})
    np.random.seed(1)
    for _ in range(20):
        mask = transform.transform(image(120, 200))['mask']
        assert 0.2 < mask.mean() < 0.3


def test_seed_gives_each_image_its_own_lasting_mask():
    transform = RandomMask('bbox', CONFIGS['bbox'], seed=3)
    state = np.random.get_state()[1].copy()
    masks = [
        transform.transform({**image(96, 96), 'sample_idx': n})['mask']
        for n in (0, 1, 0)
    ]
    np.testing.assert_array_equal(masks[0], masks[2])
    assert not np.array_equal(masks[0], masks[1])
    np.testing.assert_array_equal(np.random.get_state()[1], state)


def test_lists_from_the_command_line_are_taken():
    transform = RandomMask('ff', {'num_vertices': [4, 9]})
    np.random.seed(0)
    assert transform.transform(image(96, 96))['mask'].any()


def test_errors_say_what_to_do():
    with pytest.raises(ConfigError, match=r'one of .*irregular'):
        RandomMask('free')
    with pytest.raises(ConfigError, match='leave it out'):
        RandomMask('ff', {'img_shape': (9, 9)})
    with pytest.raises(InputError, match='choose a smaller max_bbox_shape'):
        RandomMask('bbox', {'max_bbox_shape': 128}).transform(image(96, 96))
    impossible = RandomMask(
        'irregular',
        {'area_ratio_range': (0.9, 0.91), 'length_range': (1, 3)},
    )
    with pytest.raises(InputError, match=r'must cover 0\.9 to 0\.91'):
        impossible.transform(image(96, 96))


def test_repr_builds_the_same_transform():
    transform = RandomMask('ff', {'brush_width': (3, 9)}, seed=3)
    assert eval(repr(transform)).__dict__ == transform.__dict__
