"""Curves of a training run."""

from collections.abc import Sequence

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from adacode_mm.core.exceptions import InputError

DPI = 100


def loss_curves(
    series: dict[str, tuple[Sequence[float], Sequence[float]]],
    title: str = '',
    size: tuple[int, int] = (960, 540),
    log_scale: bool = False,
) -> np.ndarray:
    """Plot values over iterations, without pyplot and its global state.

    Args:
        series: Name to (steps, values), two sequences of equal length.
        title: Text above the axes.
        size: Width and height of the picture in pixels.
        log_scale: Logarithmic value axis.

    Returns:
        uint8 RGB (height, width, 3).

    Raises:
        InputError: If steps and values differ in length.
    """
    figure = Figure([n / DPI for n in size], dpi=DPI, layout='constrained')
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for name, (steps, values) in series.items():
        if len(steps) != len(values):
            raise InputError(
                f'Series {name!r} must have one value per step, got '
                f'{len(steps)} steps and {len(values)} values.'
            )
        axes.plot(steps, values, label=name, linewidth=1)
    axes.set(title=title, xlabel='iteration')
    axes.grid(alpha=0.3)
    if log_scale:
        axes.set_yscale('log')
    if series:
        axes.legend()
    canvas.draw()
    return np.array(canvas.buffer_rgba())[..., :3].copy()
