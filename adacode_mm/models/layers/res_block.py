"""Pre-activation residual block of VQGAN-like encoders and decoders.

Esser et al., "Taming transformers for high-resolution image synthesis",
CVPR 2021, as used in AdaCode (Liu et al., ICCV 2023).
"""

from torch import Tensor, nn

from adacode_mm.core.exceptions import ConfigError

from .accurate_group_norm import AccurateGroupNorm


def group_norm(channels: int, num_groups: int) -> AccurateGroupNorm:
    """GroupNorm as in the released networks (eps 1e-6, not torch's 1e-5).

    Raises:
        ConfigError: If `channels` is no multiple of `num_groups`.
    """
    if channels % num_groups:
        raise ConfigError(
            f'channels must be a multiple of num_groups, got {channels} '
            f'channels with num_groups={num_groups}: change one of them.'
        )
    return AccurateGroupNorm(num_groups, channels, eps=1e-6)


class ResBlock(nn.Module):
    """Two times GroupNorm, SiLU and a 3x3 convolution, plus the identity.

    Args:
        channels: Channels of the input.
        num_groups: Groups of the normalisation layers.
        out_channels: Channels of the output, if they differ: the identity is
            then a 1x1 convolution.
    """

    def __init__(
        self,
        channels: int,
        num_groups: int = 32,
        out_channels: int | None = None,
    ):
        super().__init__()
        out_channels = out_channels or channels
        self.norm1 = group_norm(channels, num_groups)
        self.conv1 = nn.Conv2d(channels, out_channels, 3, padding=1)
        self.norm2 = group_norm(out_channels, num_groups)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1)
        self.act = nn.SiLU()
        self.shortcut = None
        if out_channels != channels:
            self.shortcut = nn.Conv2d(channels, out_channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, h, w) to (B, C_out, h, w)."""
        y = self.conv1(self.act(self.norm1(x)))
        y = self.conv2(self.act(self.norm2(y)))
        return y + (x if self.shortcut is None else self.shortcut(x))
