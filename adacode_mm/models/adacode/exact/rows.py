"""Feature maps that are computed when rows of them are asked for.

Each class gives any rows of the output of one operation from the rows that
it needs of its source, halo included. Operations run as they are, with zeros
around the strip; rows that saw such a zero where the map goes on are cut off.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from adacode_mm.models.layers.map_statistics import normalisation
from adacode_mm.models.layers.padding import pad_symmetric

_FLOAT_BYTES = 4


class Rows:
    """A map (1, channels, height, width), row by row.

    Args:
        shape: Channels, height and width.
        row_cost: Multiply-accumulates of a row, maps that are held excluded.
        row_bytes: Memory for making a row, in bytes of float32.
    """

    def __init__(
        self, shape: tuple[int, int, int], row_cost: float, row_bytes: float
    ):
        self.shape = shape
        self.channels, self.height, self.width = shape
        self.row_cost = row_cost
        self.row_bytes = row_bytes + self.channels * self.width * _FLOAT_BYTES

    def rows(self, first: int, last: int) -> Tensor:
        """Rows `first` to `last - 1`, (1, channels, last - first, width)."""
        raise NotImplementedError


class TensorRows(Rows):
    """Rows of a tensor (1, C, H, W) that is there."""

    def __init__(self, tensor: Tensor):
        super().__init__(tuple(tensor.shape[1:]), 0, 0)
        self.tensor = tensor

    def rows(self, first: int, last: int) -> Tensor:
        rows = self.tensor[:, :, first:last]
        return rows.contiguous(memory_format=torch.channels_last)


class MirroredRows(Rows):
    """Rows of an image (1, 3, H, W) that is mirrored to a larger size.

    The larger image is never there as a whole.
    """

    def __init__(self, image: Tensor, height: int, width: int):
        super().__init__((image.shape[1], height, width), 0, 0)
        self.image = image

    def rows(self, first: int, last: int) -> Tensor:
        given = self.image.shape[2]
        index = torch.arange(first, last, device=self.image.device)
        index = torch.where(index < given, index, 2 * given - 1 - index)
        rows = pad_symmetric(self.image[:, :, index], last - first, self.width)
        return rows.contiguous(memory_format=torch.channels_last)


class UnshuffledRows(Rows):
    """Rows of a map whose squares of `patch` pixels become one pixel each."""

    def __init__(self, source: Rows, patch: int):
        channels, height, width = source.shape
        shape = (channels * patch**2, height // patch, width // patch)
        super().__init__(
            shape, patch * source.row_cost, patch * source.row_bytes
        )
        self.source = source
        self.patch = patch

    def rows(self, first: int, last: int) -> Tensor:
        strip = self.source.rows(first * self.patch, last * self.patch)
        return F.pixel_unshuffle(strip, self.patch)


class ConvRows(Rows):
    """Rows of a convolution with zero padding of one pixel.

    Args:
        source: What is convolved.
        conv: The layer, called with strips of the source.
        channels: Its output channels.
        kernel: Side of its kernel.
        stride: Its stride.
    """

    padding = 1

    def __init__(
        self,
        source: Rows,
        conv: Callable[[Tensor], Tensor],
        channels: int,
        kernel: int = 3,
        stride: int = 1,
    ):
        side = [
            (n + 2 * self.padding - kernel) // stride + 1
            for n in source.shape[1:]
        ]
        cost = channels * source.channels * kernel**2 * side[1]
        super().__init__(
            (channels, *side),
            cost + stride * source.row_cost,
            stride * source.row_bytes,
        )
        self.source = source
        self.conv = conv
        self.kernel = kernel
        self.stride = stride

    def rows(self, first: int, last: int) -> Tensor:
        step = self.stride
        # From a row that the stride visits, so that the strip keeps in step.
        begin = max((first * step - self.padding) // step * step, 0)
        end = (last - 1) * step - self.padding + self.kernel
        strip = self.source.rows(begin, min(end, self.source.height))
        skipped = first - begin // step
        return self.conv(strip)[:, :, skipped : skipped + last - first]


class UpsampledConvRows(Rows):
    """Rows of an up block's first step: nearest x2, then a convolution."""

    def __init__(self, source: Rows, block: nn.Module, channels: int):
        width = 2 * source.width
        super().__init__(
            (channels, 2 * source.height, width),
            channels * source.channels * 9 * width + source.row_cost / 2,
            source.channels * width * _FLOAT_BYTES + source.row_bytes / 2,
        )
        self.source = source
        self.block = block

    def rows(self, first: int, last: int) -> Tensor:
        begin = max(first // 2 - 1, 0)
        end = min(last // 2 + 1, self.source.height)
        strip = self.block.upsampled_conv(self.source.rows(begin, end))
        skipped = first - 2 * begin
        return strip[:, :, skipped : skipped + last - first]


class NormActRows(Rows):
    """Rows of GroupNorm, with the statistics of the whole map, and SiLU.

    Args:
        source: A `HeldMap`: all of it was seen.
        norm: The GroupNorm.
    """

    def __init__(self, source: Rows, norm: nn.GroupNorm):
        super().__init__(source.shape, 0, source.row_bytes)
        self.source = source
        self.norm = norm
        self._arguments = None

    def rows(self, first: int, last: int) -> Tensor:
        if self._arguments is None:
            self._arguments = normalisation(self.norm, self.source.statistics)
        strip = self.source.rows(first, last)
        normalised = F.batch_norm(strip, training=False, **self._arguments)
        return F.silu(normalised, inplace=True)


class SumRows(Rows):
    """Rows of the sum of two maps; `second` is a fresh tensor each time."""

    def __init__(self, first: Rows, second: Rows):
        super().__init__(
            first.shape,
            first.row_cost + second.row_cost,
            first.row_bytes + second.row_bytes,
        )
        self.terms = first, second

    def rows(self, first: int, last: int) -> Tensor:
        x, y = (term.rows(first, last) for term in self.terms)
        return x + y


class DecodedRows(Rows):
    """Rows of a restored image, from a decoder that normalises nothing.

    Args:
        decoder: A `FidelityDecoder`.
        latent: What it decodes.
        image: The input image, mirrored to whole latent pixels.
        fidelity: As for the decoder; 1 if None.
    """

    def __init__(
        self,
        decoder: nn.Module,
        latent: Rows,
        image: Rows,
        fidelity: float | None = None,
    ):
        height, width = (decoder.upsampling * n for n in latent.shape[1:])
        self.ratio = decoder.upsampling // decoder.scale
        # Most of its layers work on pixels of the input image.
        pixels = latent.width * self.ratio / decoder.scale
        values = sum(p.numel() for p in decoder.parameters() if p.dim() > 1)
        maps = 4 * decoder.draft.weight.shape[1] * pixels + 12 * width
        super().__init__(
            (3, height, width), values * pixels, maps * _FLOAT_BYTES
        )
        self.decoder, self.latent, self.image = decoder, latent, image
        self.fidelity = 1.0 if fidelity is None else fidelity

    def rows(self, first: int, last: int) -> Tensor:
        up, reach = self.decoder.upsampling, self.decoder.reach
        begin = max(first // up - reach, 0)
        end = min(-(-last // up) + reach, self.latent.height)
        given = ()
        if self.decoder.skip is not None:
            rows = self.image.rows(begin * self.ratio, end * self.ratio)
            given = (rows, self.fidelity)
        strip = self.decoder(self.latent.rows(begin, end), (), *given)
        return strip[:, :, first - begin * up : last - begin * up]
