"""Scores of restored images, by the metrics of `adacode_mm.evaluation`."""

import hashlib
import json
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from mmagic.evaluation import Evaluator

from adacode_mm.core.atomic_files import writing
from adacode_mm.evaluation.metrics.restoration_fid import RestorationFID
from adacode_mm.evaluation.protocols import metric_configs
from adacode_mm.version import __version__
from adacode_mm.work.report import ProgressBar

from .degraded_inputs import Sample, read_sample
from .eval_sets import EvalSet
from .ledger import Ledger
from .restored_images import RestoredImages, file_name
from .table_model import TableModel

IN_HOLES = 'Hole-'
WHOLE_SET = RestorationFID


class Column(NamedTuple):
    """One score of a table.

    Attributes:
        key: 'bt601/PSNR' with a protocol, else the name alone.
        name: Of the metric.
        protocol: By which it is measured; None if it knows no protocol.
        config: Of the metric.
        higher_is_better: Whether it is; the metric tells, see `Scorer`.
    """

    key: str
    name: str
    protocol: str | None
    config: dict
    higher_is_better: bool = True


class RowScores(NamedTuple):
    """Scores of one model on one set.

    Attributes:
        images: Image -> column's key -> value; not a number where an image
            has none.
        whole: Column's key -> value of metrics that a set has as a whole.
        seconds: For an image on the average; None if nothing was computed.
        hole_share: Part of an image that holes cover, on the average.
    """

    images: dict[str, dict[str, float]]
    whole: dict[str, float]
    seconds: float | None = None
    hole_share: float | None = None


def columns_of(
    protocols: Sequence[str], scale: int, extra: Sequence[str]
) -> list[Column]:
    """The scores of a table.

    Args:
        protocols: Names; PSNR, SSIM and scores in holes are given by each.
        scale: Of super-resolution, else 1.
        extra: Further metrics.

    Raises:
        ConfigError: If a name is unknown.
    """
    columns = []
    holes = [name for name in extra if name.startswith(IN_HOLES)]
    others = [name for name in dict.fromkeys(extra) if name not in holes]
    for protocol in dict.fromkeys(protocols):
        names = ['PSNR', 'SSIM', *dict.fromkeys(holes)]
        configs = metric_configs(protocol, scale, holes)
        columns += [
            Column(f'{protocol}/{name}', name, protocol, config)
            for name, config in zip(names, configs, strict=True)
        ]
    configs = metric_configs(protocols[0], scale, others)[2:]
    columns += [
        Column(name, name, None, config)
        for name, config in zip(others, configs, strict=True)
    ]
    return columns


class Scorer:
    """Measures what was restored; what was measured before is kept.

    Args:
        columns: The scores.
        folder: Where they are kept.
        fresh: Measure everything again.

    Attributes:
        missing: Column's key -> a sentence that says which file it lacks.
    """

    def __init__(self, columns: Sequence[Column], folder: Path, fresh: bool):
        self.folder = folder
        self.fresh = fresh
        self.missing: dict[str, str] = {}
        # One for each, since some have the same name for different networks.
        self._evaluators = {
            column.key: Evaluator([dict(column.config)]) for column in columns
        }
        self.columns = []
        for column in columns:
            metric = self._metric(column)
            gain = metric.higher_is_better
            self.columns.append(column._replace(higher_is_better=gain))
            if not metric.reports():
                self.missing[column.key] = metric.missing

    def score(
        self,
        model: TableModel,
        eval_set: EvalSet,
        restored: RestoredImages,
        bar: ProgressBar,
    ) -> RowScores:
        """Score the results of a model on a set.

        Args:
            model: Whose results.
            eval_set: The set.
            restored: Where they are.
            bar: Told about each image.
        """
        kept = self._ledger(model, eval_set.name)
        finished = restored.ledger(model, eval_set.name)
        images, seconds, holes = {}, [], []
        for image in eval_set.images:
            sample = read_sample(eval_set.name, image, restored.options)
            result = restored.read(model, sample, finished)
            images[image.name] = self._values(sample, result, kept)
            if result.seconds is not None:
                seconds.append(result.seconds)
            if sample.mask is not None:
                holes.append(float(sample.mask.mean()))
            bar.computed(1)
        whole = {}
        for column in self._columns(per_image=False):
            for value in self._evaluators[column.key].evaluate().values():
                whole[column.key] = float(value)
        return RowScores(images, whole, _mean(seconds), _mean(holes))

    def _values(self, sample, result, kept):
        values, data = {}, None
        for column in self._columns(per_image=True):
            key = f'{result.key} {_mask_key(sample)} {_identity(column)}'
            name = f'{sample.name} {column.key}'
            record = None if self.fresh else kept.get(name, key)
            if record is None:
                data = data or _data_sample(sample, result.pixels)
                record = {'value': self._measured(column, data)}
                kept.add(name, key, record)
            values[column.key] = record['value']
        for column in self._columns(per_image=False):
            data = data or _data_sample(sample, result.pixels)
            self._process(column, data)
        return values

    def _measured(self, column, data):
        self._process(column, data)
        (value,) = self._metric(column).results.pop().values()
        return float(value)

    def _process(self, column, data):
        evaluator = self._evaluators[column.key]
        evaluator.process([data], {}, evaluator.metrics)

    def _metric(self, column):
        return self._evaluators[column.key].metrics[0]

    def _columns(self, per_image):
        return [
            column
            for column in self.columns
            if column.key not in self.missing
            and isinstance(self._metric(column), WHOLE_SET) != per_image
        ]

    def _ledger(self, model, set_name):
        folder = self.folder / file_name(set_name)
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
        return Ledger(folder / f'{file_name(model.label)}.jsonl')


def _data_sample(sample: Sample, pixels: np.ndarray) -> dict:
    """As MMagic's loops hand images to metrics; grey ones as (1, H, W)."""
    truth = sample.truth
    data = {'gt_img': _tensor(truth), 'output': {'pred_img': _tensor(pixels)}}
    if sample.mask is not None:
        mask = np.uint8(sample.mask)[None]
        data['mask'] = torch.from_numpy(mask)
    return data


def _tensor(image):
    if image.ndim == 2:
        return torch.from_numpy(image[None].copy())
    bgr = np.ascontiguousarray(image[..., ::-1].transpose(2, 0, 1))
    return torch.from_numpy(bgr)


def _identity(column):
    return json.dumps([column.config, __version__], sort_keys=True)


def _mask_key(sample):
    if sample.mask is None:
        return ''
    return hashlib.sha256(np.packbits(sample.mask).tobytes()).hexdigest()


def _mean(values):
    return statistics.fmean(values) if values else None
