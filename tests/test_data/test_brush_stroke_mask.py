import numpy as np
import pytest

import adacode_mm  # noqa: F401
from adacode_mm.core.exceptions import ConfigError
from adacode_mm.data.transforms.brush_stroke_mask import (
    BrushStrokeMask,
    brush_stroke_mask,
)


def seeded_masks(shape, count, **options):
    masks = []
    for seed in range(count):
        rng = np.random.RandomState(seed)
        masks.append(brush_stroke_mask(shape, rng=rng, **options)[..., 0])
    return np.stack(masks)


# Measured with the released code, seeds 0 to 149. The masks are the same ones;
# the tolerance is for other versions of Pillow's rasteriser.
@pytest.mark.parametrize(
    ('side', 'mean', 'low', 'high'),
    [(512, 0.218, 0.014, 0.564), (256, 0.341, 0.041, 0.680)],
)
def test_coverage_is_that_of_the_release(side, mean, low, high):
    coverage = seeded_masks((side, side), 150).mean((1, 2))
    assert coverage.mean() == pytest.approx(mean, abs=0.001)
    assert coverage.min() == pytest.approx(low, abs=0.001)
    assert coverage.max() == pytest.approx(high, abs=0.001)


@pytest.mark.parametrize(('side', 'mean'), [(512, 0.218), (256, 0.341)])
def test_coverage_over_other_seeds_agrees_with_the_release(side, mean):
    """The release's mean is one of 150 draws, ours of 300 others."""
    coverage = [
        brush_stroke_mask((side, side), rng=np.random.RandomState(s)).mean()
        for s in range(5000, 5300)
    ]
    error = np.std(coverage) * np.sqrt(1 / 150 + 1 / 300)
    assert error < 0.02
    assert abs(np.mean(coverage) - mean) < 3 * error
    assert min(coverage) > 0 and max(coverage) < 0.95


def columns(masks, count=5):
    """Coverage of equal vertical strips, from left to right."""
    return [s.mean() for s in np.array_split(masks, count, axis=2)]


def test_images_that_are_not_square_are_painted_everywhere():
    released = seeded_masks((300, 500), 200, released_axes=True)
    correct = seeded_masks((300, 500), 200)
    # The widest brush (79) reaches 39 pixels beyond x = 300.
    assert released[:, :, 340:].max() == 0
    assert 0.2 < released[:, :, :300].mean() < 0.28
    assert (released.max((1, 2)) == 0).any()  # some images get no hole
    assert correct.max((1, 2)).all()
    # Strokes only ever go to the right, so that strips are covered more from
    # left to right: on a wide image, as steeply as on a square one.
    wide, square = columns(correct), columns(seeded_masks((387, 387), 200))
    np.testing.assert_allclose(wide, square, atol=0.06)
    assert wide[-1] > 0.3
    upright = seeded_masks((500, 300), 100)
    upper, lower = upright[:, :250].mean(), upright[:, 250:].mean()
    assert upper > 0.15 and lower > 0.15


def test_square_masks_do_not_depend_on_the_axes():
    np.testing.assert_array_equal(
        seeded_masks((96, 96), 5),
        seeded_masks((96, 96), 5, released_axes=True),
    )


def test_a_single_thin_stroke_has_its_width():
    options = {'num_strokes': (1, 2), 'num_steps': (1, 2)}
    for seed in range(10):
        rng = np.random.RandomState(seed)
        mask = brush_stroke_mask(
            (400, 400), brush_width=(21, 22), rng=rng, **options
        )
        # A stadium of length l has the area 21 l + pi 21^2 / 4; the step is
        # at most a quarter of the diagonal, 141 pixels.
        assert mask.sum() <= 21 * 142 + 22**2
    # Far from the border, the disc alone:
    mask = brush_stroke_mask(
        (800, 800),
        num_steps=(1, 2),
        num_strokes=(1, 2),
        brush_width=(21, 22),
        rng=np.random.RandomState(0),
    )
    assert mask.sum() > np.pi * 10**2


def test_transform_draws_from_numpys_global_numbers():
    gt = np.zeros((120, 200, 3), np.uint8)
    transform = BrushStrokeMask()
    np.random.seed(7)
    first = transform.transform({'gt': gt})['mask']
    second = transform.transform({'gt': gt})['mask']
    np.random.seed(7)
    again = transform.transform({'gt': gt})['mask']
    assert first.shape == (120, 200, 1) and first.dtype == np.uint8
    assert set(np.unique(first)) == {0, 1}
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, second)
    expected = brush_stroke_mask((120, 200), rng=np.random.RandomState(7))
    np.testing.assert_array_equal(first, expected)


def test_seed_gives_each_image_its_own_lasting_mask():
    transform = BrushStrokeMask(seed=5)
    gt = np.zeros((64, 64, 3), np.uint8)
    state = np.random.get_state()[1].copy()
    masks = [
        transform.transform({'gt': gt, 'sample_idx': n})['mask']
        for n in (0, 1, 0)
    ]
    np.testing.assert_array_equal(masks[0], masks[2])
    assert not np.array_equal(masks[0], masks[1])
    expected = brush_stroke_mask((64, 64), rng=np.random.RandomState(6))
    np.testing.assert_array_equal(masks[1], expected)
    np.testing.assert_array_equal(np.random.get_state()[1], state)


@pytest.mark.parametrize('name', ['num_strokes', 'num_steps', 'brush_width'])
@pytest.mark.parametrize('bad', [(3, 3), (0, 2)])
def test_empty_ranges_are_refused(name, bad):
    with pytest.raises(ConfigError, match=name):
        BrushStrokeMask(**{name: bad})


def test_repr_builds_the_same_transform():
    transform = BrushStrokeMask(brush_width=(3, 9), seed=3, gt_key='hq')
    assert eval(repr(transform)).__dict__ == transform.__dict__
