"""Group normalisation whose error does not grow with the image."""

import copy

from torch import Tensor, nn


class TraceableGroupNorm(nn.Module):
    """The same function as `nn.GroupNorm`, with its very parameters.

    PyTorch exports that layer as an InstanceNormalization, for which
    onnxruntime adds up all pixels one after the other in float32: measured on
    the decoder, the relative error was 6e-6 at 512 x 512 pixels and ten times
    as large at 1024 x 1024. Here rows are averaged, then their averages.

    Args:
        norm: Layer of a trained network.
    """

    def __init__(self, norm: nn.GroupNorm):
        super().__init__()
        self.num_groups, self.eps = norm.num_groups, norm.eps
        self.weight, self.bias = norm.weight, norm.bias

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, h, w) to (B, C, h, w)."""
        b, c, h, w = x.shape
        groups = self.num_groups
        y = x.reshape(b, groups, c // groups, h, w)
        y = y - _mean(y)
        variance = _mean(y * y)
        y = y / (variance + self.eps).sqrt()
        y = y.reshape(b, c, h, w) * self.weight[:, None, None]
        return y + self.bias[:, None, None]


def _mean(x):
    for axis in (4, 3, 2):
        x = x.mean(axis, keepdim=True)
    return x


def with_traceable_norms(module: nn.Module) -> nn.Module:
    """A copy of layers with the same parameters and `TraceableGroupNorm`."""
    memo = {id(each): each for each in module.parameters()}
    own = copy.deepcopy(module, memo)
    for parent in list(own.modules()):
        for name, child in parent.named_children():
            if isinstance(child, nn.GroupNorm):
                setattr(parent, name, TraceableGroupNorm(child))
    return own
