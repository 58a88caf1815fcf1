"""GroupNorm statistics of a map, however large, seen strip by strip."""

import torch
from torch import Tensor, nn

# Pixels of a CPU that are added up in float32. More would cost digits:
# PyTorch adds them one after the other.
_PIECE = 4096


class MapStatistics:
    """Mean and variance of every channel of a map, exact over all strips.

    Sums of squares of deviations are merged as in Chan, Golub and LeVeque,
    "Updating formulae and a pairwise algorithm for computing sample
    variances", 1979: no cancellation, even if means are large against
    deviations. Between pieces of strips everything is float64.

    Args:
        channels: Channels of the map.
    """

    def __init__(self, channels: int):
        self.count = 0
        self.mean = torch.zeros(channels, dtype=torch.float64)
        self.squares = torch.zeros(channels, dtype=torch.float64)

    def add(self, strip: Tensor) -> None:
        """Take a strip (1, C, rows, columns) into account."""
        pixels = strip.permute(0, 2, 3, 1).flatten(0, 2)
        pieces = pixels.split(_PIECE if pixels.device.type == 'cpu' else 2**31)
        means, variances = zip(*map(_piece_statistics, pieces), strict=True)
        means = torch.stack(means).to('cpu', torch.float64)
        variances = torch.stack(variances).to('cpu', torch.float64)
        counts = torch.tensor([len(piece) for piece in pieces])[:, None]
        # What was there before is one piece more.
        means = torch.cat([self.mean[None], means])
        squares = torch.cat([self.squares[None], variances * counts])
        counts = torch.cat([counts.new_tensor([[self.count]]), counts])
        self.count += len(pixels)
        self.mean = (means * counts).sum(0) / self.count
        self.squares = squares.sum(0) + (
            (means - self.mean).square() * counts
        ).sum(0)

    def of_groups(self, num_groups: int) -> tuple[Tensor, Tensor]:
        """Mean and biased variance of each group, repeated per channel.

        Returns:
            Two float32 tensors (C,) on the CPU.
        """
        mean = self.mean.view(num_groups, -1)
        variance = (self.squares / self.count).view(num_groups, -1)
        center = mean.mean(1, keepdim=True)
        spread = (variance + (mean - center).square()).mean(1, keepdim=True)
        center = center.expand_as(mean).reshape(-1)
        spread = spread.expand_as(mean).reshape(-1)
        return center.float(), spread.float()


def _piece_statistics(pixels):
    """Mean and variance (C,) of (n, C) pixels."""
    # The part of batch normalisation that PyTorch has a kernel for: channels
    # last it is ten times as fast as `torch.var_mean`.
    return torch.batch_norm_update_stats(
        pixels.float().T[None, :, None], None, None, 0.0
    )


def normalisation(norm: nn.GroupNorm, statistics: MapStatistics) -> dict:
    """A GroupNorm with given statistics, as arguments of `F.batch_norm`."""
    device = norm.weight.device
    mean, variance = statistics.of_groups(norm.num_groups)
    return {
        'running_mean': mean.to(device),
        'running_var': variance.to(device),
        'weight': norm.weight.float(),
        'bias': norm.bias.float(),
        'eps': norm.eps,
    }
