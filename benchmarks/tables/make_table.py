"""A table: find, check, restore, score, write."""

import json
import math
from contextlib import closing
from pathlib import Path

import cv2

from adacode_mm.core.atomic_files import write_atomically, writing
from adacode_mm.work.report import ProgressBar

from .csv_files import images_csv, means_csv
from .markdown_table import markdown_table
from .picture_sheets import write_sheets
from .restored_images import RestoredImages, total_images
from .saved_inputs import save_inputs
from .scores import Scorer, columns_of
from .table_plot import table_plot
from .table_record import table_record
from .table_request import TableRequest, requested_models, requested_sets


def make_table(request: TableRequest, quiet: bool = False) -> dict:
    """Make a table and write it below `request.out`.

    Everything that can be wrong with data, folders of results and models is
    found before the first image is computed. Restored images and scores are
    kept, so that the same command goes on where it was interrupted.

    Args:
        request: What is wanted.
        quiet: Show no progress.

    Returns:
        The table, as it is written to JSON.

    Raises:
        InputError: If something cannot be used.
        OutputError: If something cannot be written.
    """
    scale = request.inputs.scale
    columns = columns_of(request.protocols, scale, request.metrics)
    sets = requested_sets(request)
    models = requested_models(request, sets)
    for folder in filter(None, (request.out, request.record)):
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
    scorer = Scorer(columns, request.out / 'scores', request.fresh)
    inputs = _inputs_name(request.inputs)
    restored = RestoredImages(
        request.out / 'restored' / inputs, request.inputs, request.fresh
    )
    if request.save_inputs:
        place = request.out / 'inputs' / inputs
        count = total_images(sets, models[:1])
        with closing(ProgressBar(count, 'inputs saved', quiet)) as bar:
            save_inputs(place, sets, request.inputs, bar)
    total = total_images(sets, models)
    with closing(ProgressBar(total, 'images restored', quiet)) as bar:
        for each in sets:
            for model in models:
                restored.complete(model, each, bar)
    scores = {}
    with closing(ProgressBar(total, 'images scored', quiet)) as bar:
        for each in sets:
            for model in models:
                key = each.name, model.label
                scores[key] = scorer.score(model, each, restored, bar)
    record = table_record(request, sets, models, scorer, scores)
    write_table(record, request.out, request.name)
    if request.record is not None:
        path = request.record / f'{request.name}.json'
        write_atomically(path, to_json(record))
    if request.pictures:
        write_sheets(request, sets, models, restored, record)
    return record


def write_table(record: dict, folder: Path, name: str) -> None:
    """Write a table as JSON, Markdown, CSV and a plot.

    Args:
        record: The table.
        folder: Where to; it exists.
        name: Of the files, without suffix.
    """
    write_atomically(folder / f'{name}.json', to_json(record))
    write_atomically(folder / f'{name}.md', markdown_table(record))
    write_atomically(folder / f'{name}.csv', means_csv(record))
    write_atomically(folder / f'{name}_images.csv', images_csv(record))
    _, content = cv2.imencode('.png', table_plot(record)[..., ::-1])
    write_atomically(folder / f'{name}.png', content.tobytes())


def to_json(record: dict) -> str:
    """JSON that every reader takes: 'inf' is a string, no number is null.

    Numbers have 7 digits, more than any of them means.
    """
    return json.dumps(_plain(record), indent=1, allow_nan=False) + '\n'


def _plain(value):
    if isinstance(value, float):
        if math.isfinite(value):
            return float(f'{value:.7g}')
        return None if math.isnan(value) else str(value)
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value


def _inputs_name(inputs):
    parts = [inputs.task, f'x{inputs.scale}', inputs.source]
    return '_'.join(parts)
