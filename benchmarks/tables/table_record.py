"""A table as data: everything that was measured, and how."""

import importlib.metadata
import math
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from adacode_mm.evaluation.protocols import PROTOCOLS
from adacode_mm.version import __version__
from benchmarks.clocks.records import run_record

from .degraded_inputs import DEGRADATIONS, MASKS
from .eval_sets import KNOWN_SETS, EvalSet
from .paper_figures import PROTOCOL, paper_rows
from .scores import RowScores, Scorer
from .table_model import TableModel
from .table_request import TableRequest

# Whose versions can change a number.
PACKAGES = ('mmagic', 'mmengine', 'numpy', 'opencv-python', 'pillow', 'pyiqa')


def table_record(
    request: TableRequest,
    sets: Sequence[EvalSet],
    models: Sequence[TableModel],
    scorer: Scorer,
    scores: Mapping[tuple[str, str], RowScores],
) -> dict:
    """The table, ready for JSON.

    Args:
        request: What was asked for.
        sets: Its sets.
        models: Its models.
        scorer: What measured.
        scores: (set, model) -> what was measured.

    Returns:
        What is described in `docs/tables.md`.
    """
    inputs = request.inputs
    machine = run_record(None, inputs.seed, _device_of(models))
    machine.pop('config')
    record = {
        'table': request.kind,
        'scale': inputs.scale,
        'inputs': _inputs_of(request),
        'seed': inputs.seed,
        'limit': request.limit,
        **{k: v for k, v in machine.items() if k != 'seed'},
        'command': request.command,
        'versions': _versions(),
        'protocols': {
            name: PROTOCOLS[name]._asdict() for name in request.protocols
        },
        'columns': [
            {k: v for k, v in column._asdict().items() if k != 'config'}
            for column in scorer.columns
        ],
        'missing': {
            # Whoever runs it is nobody's business.
            key: sentence.replace(str(Path.home()), '~')
            for key, sentence in scorer.missing.items()
        },
        'models': {model.label: model.details() for model in models},
        'sets': [
            _set(each, scores[each.name, models[0].label]) for each in sets
        ],
        'rows': [
            _row(each, model, scorer.columns, scores[each.name, model.label])
            for each in sets
            for model in models
        ],
    }
    record['paper'] = _paper(request, sets, scorer.columns)
    return record


def _inputs_of(request):
    inputs = request.inputs
    if request.inputs.task == 'sr':
        return f'{inputs.source}: {DEGRADATIONS[inputs.source]}'
    if request.inputs.task == 'inpaint':
        text = f'{inputs.source}: {MASKS[inputs.source]}'
        if inputs.source == 'given':
            return text
        low, high = inputs.brush_width
        return f'{text}, {low} to {high - 1} px wide; holes are white'
    return 'the ground truth itself'


def _set(found, scores):
    inside = found.truth_folder != found.folder
    facts = {
        'name': found.name,
        'images': len(found.images),
        'truth': found.truth_folder.name if inside else '.',
    }
    if scores.hole_share is not None:
        facts['hole_share'] = scores.hole_share
    return facts


def _row(found, model, columns, scores: RowScores):
    per_image = {
        column.key: [each[column.key] for each in scores.images.values()]
        for column in columns
        if all(column.key in each for each in scores.images.values())
    }
    defined = {
        key: [value for value in values if not math.isnan(value)]
        for key, values in per_image.items()
    }
    means = {k: float(np.mean(v)) for k, v in defined.items() if v}
    return {
        'set': found.name,
        'model': model.label,
        'means': {**means, **scores.whole},
        'deviations': {
            k: statistics.stdev(v)
            for k, v in defined.items()
            if len(v) > 1 and all(map(math.isfinite, v))
        },
        'seconds': scores.seconds,
        'images': scores.images,
    }


def _paper(request, sets, columns):
    rows = []
    task, scale = request.inputs.task, request.inputs.scale
    if request.kind == 'ablation':
        return rows
    for found in sets:
        count = len(found.images)
        if request.limit is not None and found.name not in KNOWN_SETS:
            continue
        for row in paper_rows(task, scale, found.name, count, KNOWN_SETS):
            scores = {
                column.key: row.scores[column.name]
                for column in columns
                if column.name in row.scores
                and column.protocol in (None, PROTOCOL)
            }
            if scores:
                rows.append(
                    {
                        'set': found.name,
                        'model': f'{row.method} (paper, table {row.table})',
                        'means': scores,
                        'note': row.note,
                    }
                )
    return rows


def _device_of(models):
    devices = {model.details().get('device', 'cpu') for model in models}
    return 'cuda' if 'cuda' in devices else 'cpu'


def _versions():
    found = {'adacode-mm': __version__}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
