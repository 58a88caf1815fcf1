"""Scores of pairs of 8-bit images, by any protocols and metrics."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch

from adacode_mm.registry import METRICS

from .protocols import metric_configs

WHOLE_SET = 'FID'
IN_HOLES = 'Hole-'


class Column(NamedTuple):
    """One score.

    Attributes:
        key: 'bt601/PSNR' with a protocol, else the name alone.
        name: Of the metric.
        protocol: By which it is measured; None if it knows no protocol.
        higher_is_better: Whether it is.
    """

    key: str
    name: str
    protocol: str | None
    higher_is_better: bool

    @property
    def title(self) -> str:
        """Name, protocol and an arrow to where it is better."""
        protocol = f' ({self.protocol})' if self.protocol else ''
        return f'{self.name}{protocol} {"↑" if self.higher_is_better else "↓"}'


class Scorer:
    """Scores images one by one, and sets as a whole.

    Args:
        protocols: Names; PSNR, SSIM and scores in holes are given by each.
        scale: Of super-resolution, else 1.
        metrics: Further metrics, of `EXTRA_METRICS`.

    Attributes:
        columns: The scores, in order.
        missing: Column's key -> a sentence that says which file it lacks.

    Raises:
        ConfigError: If a name is unknown.
    """

    def __init__(
        self, protocols: Sequence[str], scale: int, metrics: Sequence[str] = ()
    ):
        holes = [name for name in metrics if name.startswith(IN_HOLES)]
        others = [name for name in metrics if name not in holes]
        self.columns: list[Column] = []
        self.missing: dict[str, str] = {}
        self._metrics = {}
        for protocol in dict.fromkeys(protocols):
            names = ['PSNR', 'SSIM', *dict.fromkeys(holes)]
            configs = metric_configs(protocol, scale, holes)
            self._add(names, configs, protocol)
        configs = metric_configs(protocols[0], scale, others)[2:]
        self._add(dict.fromkeys(others), configs, None)

    def _add(self, names, configs, protocol):
        for name, config in zip(names, configs, strict=True):
            metric = METRICS.build(config)
            key = f'{protocol}/{name}' if protocol else name
            better = metric.higher_is_better
            self.columns.append(Column(key, name, protocol, better))
            if metric.reports():
                self._metrics[key] = metric
            else:
                self.missing[key] = metric.missing

    def score(
        self,
        image: np.ndarray,
        truth: np.ndarray,
        mask: np.ndarray | None = None,
    ) -> dict[str, float]:
        """Scores of one image; not a number where one is not defined.

        Args:
            image: uint8, RGB (H, W, 3) or grey (H, W).
            truth: Of the same height and width.
            mask: Where the holes are (H, W), bool, for scores in holes.

        Returns:
            Column's key -> value, without those of the whole set.
        """
        sample = {'gt_img': _planes(truth), 'pred_img': _planes(image)}
        if mask is not None:
            sample['mask'] = torch.from_numpy(np.uint8(mask)[None])
        values = {}
        for key, metric in self._metrics.items():
            metric.process(None, [sample])
            if metric.metric != WHOLE_SET:
                values[key] = float(metric.results.pop()[metric.metric])
        return values

    def whole(self) -> dict[str, float]:
        """Scores of all images since the last call as one set (FID)."""
        return {
            key: float(value)
            for key, metric in self._metrics.items()
            if metric.metric == WHOLE_SET
            for value in metric.evaluate().values()
        }


def mean(values: Sequence[float]) -> float | None:
    """Mean of those that are numbers; None if none is."""
    defined = [value for value in values if not np.isnan(value)]
    return float(np.mean(defined)) if defined else None


def _planes(image):
    """As MMagic's metrics take them: BGR (3, H, W) or grey (1, H, W)."""
    if image.ndim == 2:
        return torch.from_numpy(image[None].copy())
    bgr = np.ascontiguousarray(image[..., ::-1].transpose(2, 0, 1))
    return torch.from_numpy(bgr)
