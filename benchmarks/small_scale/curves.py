"""What the trainings logged, as records that stay with the code."""

import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import torch
from mmengine.config import Config

from adacode_mm.core.atomic_files import write_atomically
from adacode_mm.data.preparation.encode_png import encode_png
from adacode_mm.views.curves import loss_curves
from benchmarks.records import run_record

from .plan import Training

NO_CURVES = ('iter', 'step', 'time', 'data_time', 'val/time', 'val/data_time')


def write_records(plan: Sequence[Training], folder: Path) -> None:
    """Write one JSON file for each finished training, and a plot of all.

    Args:
        plan: The trainings; what is not finished is left out.
        folder: Gets `<name>.json` and `loss_pix.png`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    series = {}
    for training in plan:
        if training.finished():
            record = _record(training)
            text = json.dumps(record, indent=1) + '\n'
            write_atomically(folder / f'{training.name}.json', text)
            loss = zip(*record['curves']['loss_pix'], strict=True)
            series[training.name] = tuple(loss)
    title = 'L1 distance to the ground truth in training'
    plot = loss_curves(series, title, log_scale=True)
    write_atomically(folder / 'loss_pix.png', encode_png(plot))


def _record(training):
    """Curves, length and place of a training.

    The machine is that of the call, which is where the logs lie.
    """
    paths = sorted(training.folder.glob('*/vis_data/scalars.json'))
    logs = pd.concat(pd.read_json(path, lines=True) for path in paths)
    logs['is_val'] = logs.get('val/PSNR', pd.Series(dtype=float)).notna()
    # Of a step that was done again the last run counts.
    logs = logs.drop_duplicates(['step', 'is_val'], keep='last')
    logs = logs.sort_values('step', kind='stable')
    curves = {}
    for key in logs.columns.difference([*NO_CURVES, 'is_val'], sort=False):
        known = logs[['step', key]].dropna()
        curves[key] = [
            [int(step), float(f'{value:.6g}')]
            for step, value in known.itertuples(index=False)
        ]
    times = logs[['step', 'time']].dropna()
    steps = times['step'].diff().fillna(times['step'])
    seconds = float((steps * times['time']).sum())
    cfg = Config.fromfile(training.config_file)
    device = 'cuda' if torch.cuda.is_available() else 'cpu'
    return {
        **run_record(str(training.config_file), cfg.randomness.seed, device),
        'bases': list(training.bases) or cfg.get('bases'),
        'iterations': cfg.train_cfg.max_iters,
        'batch_size': cfg.train_dataloader.batch_size,
        'hours': round(seconds / 3600, 2),
        'curves': curves,
    }
