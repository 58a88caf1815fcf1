"""A table as CSV: means, and what every image has."""

import csv
import io
import math

from .paired_differences import number


def means_csv(record: dict) -> str:
    """A line for each set and model: means, standard deviations, seconds.

    Args:
        record: As `table_record` returns it.
    """
    keys = [column['key'] for column in record['columns']]
    heads = ['set', 'model', 'images', *keys]
    heads += [f'{key} deviation' for key in keys]
    lines = [[*heads, 'seconds per image']]
    for row in record['rows']:
        line = [row['set'], row['model'], len(row['images'])]
        line += [_cell(row['means'].get(key)) for key in keys]
        line += [_cell(row['deviations'].get(key)) for key in keys]
        lines.append([*line, _cell(row['seconds'])])
    for row in record['paper']:
        line = [row['set'], row['model'], '']
        line += [_cell(row['means'].get(key)) for key in keys]
        lines.append([*line, *[''] * (len(keys) + 1)])
    return _text(lines)


def images_csv(record: dict) -> str:
    """A line for each set, image and model.

    Args:
        record: As `table_record` returns it.
    """
    keys = [column['key'] for column in record['columns']]
    lines = [['set', 'image', 'model', *keys]]
    for row in record['rows']:
        for name, scores in row['images'].items():
            cells = [_cell(scores.get(key)) for key in keys]
            lines.append([row['set'], name, row['model'], *cells])
    return _text(lines)


def _cell(value):
    return '' if math.isnan(number(value)) else value


def _text(lines):
    file = io.StringIO()
    csv.writer(file, lineterminator='\n').writerows(lines)
    return file.getvalue()
