import matplotlib as mpl
import matplotlib.colors
import numpy as np
import pytest

import adacode_mm  # noqa: F401
from adacode_mm.core.exceptions import InputError
from adacode_mm.views.curves import loss_curves


def line_rows(picture, number):
    """Column -> mean row of a curve, without the columns of the legend."""
    cycle = mpl.rcParams['axes.prop_cycle'].by_key()['color']
    color = np.array(matplotlib.colors.to_rgb(cycle[number])) * 255
    near = np.abs(picture.astype(int) - color).max(-1) < 60  # no gray matches
    rows = {}
    for x in np.flatnonzero(near.any(0)):
        ys = np.flatnonzero(near[:, x])
        if np.ptp(ys) < 8:
            rows[x] = ys.mean()
    return rows


def test_a_rising_curve_rises_and_a_level_one_stays():
    steps = list(range(0, 100, 10))
    picture = loss_curves(
        {
            'rising': (steps, [s / 100 for s in steps]),
            'level': (steps, [0.2] * 10),
        },
        size=(400, 300),
    )
    assert picture.shape == (300, 400, 3) and picture.dtype == np.uint8
    # The right half: the legend is on the left.
    rising = [y for x, y in line_rows(picture, 0).items() if x > 200]
    assert len(rising) > 150
    assert rising[0] - rising[-1] > 80  # higher up on the right
    assert (np.diff(rising) < 1).all()
    level = [y for x, y in line_rows(picture, 1).items() if x > 200]
    assert len(level) > 150 and np.ptp(level) <= 1


def test_log_scale_straightens_an_exponential():
    steps = np.arange(50)
    for log_scale in (False, True):
        picture = loss_curves(
            {'loss': (steps, 10.0 ** (-steps / 10))}, log_scale=log_scale
        )
        xs, ys = np.array(list(line_rows(picture, 0).items())).T
        assert len(xs) > 400
        line = np.polyval(np.polyfit(xs, ys, 1), xs)
        assert (np.abs(ys - line).max() < 3) == log_scale


def test_pyplot_keeps_no_figure():
    import matplotlib.pyplot as plt

    before = plt.get_fignums()
    loss_curves({})
    assert plt.get_fignums() == before


def test_unequal_lengths_are_refused():
    with pytest.raises(InputError, match=r"'loss'.* 2 steps and 1 values"):
        loss_curves({'loss': ([1, 2], [0.5])})
