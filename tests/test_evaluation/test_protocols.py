"""Protocols by name, and the configs of their metrics."""

import pytest

import adacode_mm  # noqa: F401  (before MMagic)
from adacode_mm.core.exceptions import ConfigError
from adacode_mm.evaluation.protocols import (
    EXTRA_METRICS,
    PROTOCOLS,
    metric_configs,
)
from adacode_mm.registry import METRICS


@pytest.mark.parametrize(
    ('name', 'borders'),
    [
        ('bt601', (0, 2, 4)),
        ('rgb', (0, 2, 4)),
        ('y-plane', (0, 2, 4)),
        ('paper', (4, 4, 4)),
    ],
)
def test_border_of_every_scale(name, borders):
    assert tuple(PROTOCOLS[name].border(s) for s in (1, 2, 4)) == borders


def test_every_metric_is_built_under_its_own_name():
    configs = metric_configs('paper', 4, [*EXTRA_METRICS, 'NIQE'])
    metrics = [METRICS.build(config) for config in configs]
    names = [metric.metric for metric in metrics]
    assert names == ['PSNR', 'SSIM', *EXTRA_METRICS]
    better = {m.metric for m in metrics if m.higher_is_better}
    assert better == {
        'PSNR',
        'SSIM',
        'FSIM',
        'MS-SSIM',
        'VIF',
        'VSI',
        'Hole-PSNR',
        'Hole-SSIM',
    }
    assert metrics[names.index('LPIPS-VGG')]._net == 'vgg'
    assert all(m.missing is None for m in metrics)  # nothing is read yet


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (('bt709', 4), r"'bt601', 'rgb', 'paper', 'y-plane'.*'bt709'"),
        (('rgb', 0), 'scale must be a positive integer.*got 0'),
        (('rgb', 2.0), 'scale must be a positive integer.*got 2.0'),
        (('rgb', 2, ['PIPAL']), "metrics of .*'FSIM'.*got 'PIPAL'"),
    ],
)
def test_unknown_names_are_refused(arguments, message):
    with pytest.raises(ConfigError, match=message):
        metric_configs(*arguments)
