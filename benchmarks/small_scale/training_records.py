"""What the trainings logged, as records that stay with the code."""

import json
from collections.abc import Sequence
from pathlib import Path

import torch
from mmengine.config import Config

from adacode_mm.core.atomic_files import write_atomically
from adacode_mm.data.preparation.encode_png import encode_png
from adacode_mm.views.curves import loss_curves
from benchmarks.clocks.records import run_record
from benchmarks.small_scale.plan import Training
from benchmarks.small_scale.run_trainings import (
    CONFIGS,
    ROOT,
    finished,
    work_dir,
)

DIGITS = 6
NO_CURVES = ('iter', 'step', 'time', 'data_time', 'val/time', 'val/data_time')


def write_records(plan: Sequence[Training], folder: Path) -> None:
    """Write one JSON file for each finished training, and a plot of all.

    Args:
        plan: The trainings; what is not finished is left out.
        folder: Gets `<name>.json` and `loss_pix.png`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    series = {}
    for training in filter(finished, plan):
        record = training_record(training)
        text = json.dumps(record, indent=1) + '\n'
        write_atomically(folder / f'{training.name}.json', text)
        series[training.name] = zip(*record['curves']['loss_pix'], strict=True)
    plot = loss_curves(
        {name: tuple(curve) for name, curve in series.items()},
        'L1 distance to the ground truth in training',
        log_scale=True,
    )
    write_atomically(folder / 'loss_pix.png', encode_png(plot))


def training_record(training: Training) -> dict:
    """Curves, length and place of a training.

    The machine is that of the call, which is where the logs lie.
    """
    rows = _rows(training)
    curves: dict[str, list] = {}
    for row in rows:
        for key, value in row.items():
            if key not in NO_CURVES:
                point = [row['step'], float(f'{value:.{DIGITS}g}')]
                curves.setdefault(key, []).append(point)
    config = (CONFIGS / f'{training.config}.py').relative_to(ROOT)
    cfg = Config.fromfile(ROOT / config)
    device = 'cuda' if torch.cuda.is_available() else 'cpu'
    record = run_record(None, cfg.randomness.seed, device)
    seconds = [(row['step'], row['time']) for row in rows if 'time' in row]
    before = [0, *(step for step, _ in seconds)]
    return {
        **record,
        'config': str(config),
        'bases': list(training.bases) or cfg.get('bases'),
        'iterations': cfg.train_cfg.max_iters,
        'batch_size': cfg.train_dataloader.batch_size,
        'hours': round(
            sum(
                (step - start) * each
                for start, (step, each) in zip(before, seconds, strict=False)
            )
            / 3600,
            2,
        ),
        'curves': curves,
    }


def _rows(training):
    """Log lines of all runs of a training; the last run counts."""
    rows: dict[tuple, dict] = {}
    for path in sorted(work_dir(training).glob('*/vis_data/scalars.json')):
        for line in path.read_text(encoding='utf-8').splitlines():
            row = json.loads(line)
            kind = 'val' if 'val/PSNR' in row else 'train'
            rows[kind, row['step']] = row
    return [rows[key] for key in sorted(rows, key=lambda key: key[1])]
