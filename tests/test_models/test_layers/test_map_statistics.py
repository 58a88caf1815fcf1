import torch

from adacode_mm.models.layers.map_statistics import (
    MapStatistics,
    normalisation,
)


def test_statistics_where_means_are_large():
    strips = 1e4 + torch.randn(3, 1, 8, 5, 7, dtype=torch.float64)
    strips[:, :, :4] += 30  # groups of channels that differ
    strips[1] += 3
    statistics = MapStatistics(8)
    for strip in strips.float():
        statistics.add(strip.contiguous(memory_format=torch.channels_last))
    norm = torch.nn.GroupNorm(4, 8, eps=1e-6)
    found = normalisation(norm, statistics)
    groups = strips.float().double().permute(2, 0, 1, 3, 4).reshape(4, -1)
    variance, mean = torch.var_mean(groups, 1, correction=0)
    assert torch.allclose(found['running_mean'][::2].double(), mean)
    assert torch.allclose(
        found['running_var'][::2].double(), variance, rtol=1e-3
    )
    assert torch.equal(found['running_var'][::2], found['running_var'][1::2])
    assert found['eps'] == 1e-6


def test_wide_strips_are_added_up_in_pieces():
    """All at once, the error is a hundred times as large."""
    torch.manual_seed(0)
    strip = 5 + torch.randn(1, 2, 3, 2**18).to(
        memory_format=torch.channels_last
    )
    statistics = MapStatistics(2)
    statistics.add(strip[:, :, :2])
    statistics.add(strip[:, :, 2:])
    pixels = strip[0].double().flatten(1)
    assert statistics.count == pixels.shape[1]
    assert (statistics.mean - pixels.mean(1)).abs().max() < 2e-6
    variance = statistics.squares / statistics.count
    assert (variance - pixels.var(1, correction=0)).abs().max() < 2e-6
