"""A table as a plot: means and images, or curves over codebooks."""

import math

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from .markdown_table import column_title, title_of
from .paired_differences import number

DPI = 100
PANELS = 3  # in a row


def table_plot(record: dict) -> np.ndarray:
    """A panel for each score that was measured.

    Models are rows and sets colours; a small dot is an image. For the
    ablation, the mean score is drawn over the number of codebooks.

    Args:
        record: As `table_record` returns it.

    Returns:
        uint8 RGB (height, width, 3).
    """
    columns = [
        column
        for column in record['columns']
        if any(_is_finite(row, column) for row in record['rows'])
    ]
    wide = min(PANELS, max(1, len(columns)))
    high = max(1, math.ceil(len(columns) / wide))
    rows = 2 + 0.32 * len(record['models'])
    if record['table'] == 'ablation':
        rows = 3.2
    figure = Figure((4.2 * wide, 0.6 + rows * high), DPI, layout='constrained')
    canvas = FigureCanvasAgg(figure)
    figure.suptitle(title_of(record))
    panels = figure.subplots(high, wide, squeeze=False).ravel()
    draw = _curve if record['table'] == 'ablation' else _dots
    for place, (axes, column) in enumerate(zip(panels, columns, strict=False)):
        draw(axes, record, column, names=place % wide == 0)
        axes.set_title(column_title(column), fontsize=10)
        axes.grid(alpha=0.3)
    for axes in panels[len(columns) :]:
        axes.set_axis_off()
    if columns:
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(
            handles, labels, loc='outside lower center', ncols=10, fontsize=9
        )
    canvas.draw()
    return np.array(canvas.buffer_rgba())[..., :3].copy()


def _dots(axes, record, column, names):
    models = list(record['models'])
    sets = [each['name'] for each in record['sets']]
    for place, name in enumerate(sets):
        # Sets of a model do not cover each other.
        shift = (place - (len(sets) - 1) / 2) * 0.6 / max(1, len(sets))
        rows = _rows(record, column, name)
        places = [models.index(row['model']) + shift for row in rows]
        for row, y in zip(rows, places, strict=True):
            values = _image_values(row, column)
            axes.scatter(
                values,
                np.full(len(values), y),
                s=10,
                alpha=0.35,
                color=f'C{place}',
                linewidths=0,
            )
        axes.scatter(
            [number(row['means'][column['key']]) for row in rows],
            places,
            s=28,
            color=f'C{place}',
            edgecolors='black',
            linewidths=0.5,
            label=f'{name}, mean',
            zorder=3,
        )
    axes.set_yticks(range(len(models)), models if names else [])
    axes.set_ylim(len(models) - 0.5, -0.5)


def _curve(axes, record, column, names):
    counts = [len(each['codebooks']) for each in record['models'].values()]
    for place, each in enumerate(record['sets']):
        rows = _rows(record, column, each['name'])
        x = [len(record['models'][row['model']]['codebooks']) for row in rows]
        y = [number(row['means'][column['key']]) for row in rows]
        color = f'C{place}'
        axes.scatter(x, y, s=18, color=color, label=each['name'])
        steps = sorted(set(x))
        means = [
            np.mean([b for a, b in zip(x, y, strict=True) if a == step])
            for step in steps
        ]
        axes.plot(steps, means, linewidth=1, color=color)
    axes.set_xticks(range(min(counts), max(counts) + 1))
    axes.set_xlabel('codebooks')


def _rows(record, column, set_name):
    return [
        row
        for row in record['rows']
        if row['set'] == set_name and _is_finite(row, column)
    ]


def _is_finite(row, column):
    return math.isfinite(number(row['means'].get(column['key'])))


def _image_values(row, column):
    values = [number(x.get(column['key'])) for x in row['images'].values()]
    return [value for value in values if math.isfinite(value)]
