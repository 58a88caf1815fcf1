"""What a restoration takes: estimated from shapes, calibrated by measuring.

Counted are the feature maps that are alive at the same time. The numbers of
maps were measured; python -m benchmarks.memory repeats that.
"""

import os
import tempfile

import torch

from adacode_mm.core.exceptions import InputError
from adacode_mm.core.memory import Budget
from adacode_mm.models.adacode.exact.passes import Limits
from adacode_mm.models.backbones.fidelity_decoder import FidelityDecoder

# Strips of this size stay below what malloc maps on its own (32 MiB a
# tensor), which costs an empty page for every page written.
_STRIP = 64 * 2**20
_MIN_STRIP = 8 * 2**20


def whole_bytes(net, image_shape: tuple[int, int, int, int]) -> int:
    """Peak memory of `net(image)`, beside network and image.

    Args:
        net: Network with the structure of `CodebookNet`.
        image_shape: Shape (B, 3, H, W) of the padded image.
    """
    batch, _, height, width = image_shape
    pixels = height * width // net.encoder.patch**2
    encoder, decoder = net.encoder, net.decoder
    # Maps alive inside of a residual block. Plain networks have one more for
    # the normalised map, and the library two for other orders of memory.
    inside = 5 if _is_plain(net) else 3
    peaks, held = [], 0

    before = len(encoder.in_conv.weight) * pixels
    for down in encoder.downs:
        pixels /= 4
        after = _width(down) * pixels
        peaks += [2 * before, before + inside * after]
        before = after
    latent = encoder.out_channels * pixels
    grid = pixels
    blocks = getattr(decoder, 'blocks', ())
    used = encoder.ups[: max(len(blocks) - 1, 0)]
    for up in used:
        pixels *= 4
        after = _width(up) * pixels
        peaks.append(held + before + inside * after)
        held, before = held + after, after
    held += latent
    peaks.append(held + _latent_numbers(net, grid))
    before, pixels = decoder.in_channels * grid, grid
    held += before
    if isinstance(decoder, FidelityDecoder):
        peaks.append(held + _fidelity_numbers(decoder, grid))
    for block in blocks:
        pixels *= 4
        after = _width(block) * pixels
        enlarged = 4 * before * (2 if _is_plain(net) else 1)
        peaks.append(held + before + max(inside * after, enlarged + after))
        before = after
    return int(batch * max(peaks) * _number_bytes(net))


def latent_bytes(net, pixels: int) -> int:
    """Peak memory of attention and codebooks on a latent grid."""
    return int(_latent_numbers(net, pixels) * _number_bytes(net))


def choose_limits(
    net,
    image_shape: tuple[int, int, int, int],
    budget: Budget,
    latent_rows: int | None = None,
) -> Limits:
    """Divide a budget of memory among what exact restoration keeps.

    Args:
        net: Network with the structure of `CodebookNet`.
        image_shape: Shape (1, 3, H, W) of the padded image.
        budget: See there.
        latent_rows: Rows of the latent grid per strip, None to choose.

    Raises:
        InputError: If the limit is smaller than what cannot be divided: the
            latent grid and the restored image.
    """
    _, _, height, width = image_shape
    pixels = height * width // net.encoder.downsampling**2
    size = _number_bytes(net)
    latents = net.encoder.out_channels + net.decoder.in_channels
    restored = 3 * height * width * net.scale**2
    kept = (latents * pixels + restored) * size
    # Attention and codebooks are done before the image is there.
    least = max(latent_bytes(net, pixels), kept + _MIN_STRIP)
    if budget.limit < least:
        raise InputError(
            f'Restoring an image of {height}x{width} pixels (padded) must '
            f'have {least / 2**30:.2f} GiB of memory, got '
            f'{budget.limit / 2**30:.2f} GiB: cut the image into pieces, '
            f'or raise the limit that memory= or ADACODE_MEMORY sets.'
        )
    strip = min(_STRIP, max((budget.limit - kept) // 4, _MIN_STRIP))
    # A strip takes more than its maps: what libraries need inside.
    maps = max(budget.wanted - kept - 2 * strip, 0)
    return Limits(maps, strip, latent_rows, temporary_folder())


def temporary_folder() -> str:
    """Where large temporary files belong.

    What TMPDIR names; without it /var/tmp, which lies on a disk where /tmp
    may lie in memory.
    """
    named = any(name in os.environ for name in ('TMPDIR', 'TEMP', 'TMP'))
    if not named and os.access('/var/tmp', os.W_OK):
        return '/var/tmp'
    return tempfile.gettempdir()


def _latent_numbers(net, pixels):
    width = net.encoder.out_channels
    sizes = [q.num_embeddings for q in net.quantizers]
    attends = net.encoder.swin is not None or net.weight_predictor is not None
    if _is_plain(net):
        attention = 18 * width * attends
        # Projection, codes and straight-through codes, what the decoder gets.
        mixing = 4 * width * len(sizes) + 3 * max(sizes)
    else:
        attention = 3.5 * width * attends
        mixing = 3 * width
    # Besides the encoder's feature itself.
    return (width + max(attention, mixing)) * pixels


def _fidelity_numbers(decoder, grid):
    """Peak of a `FidelityDecoder` on a latent grid of so many pixels."""
    pixels = grid * (decoder.upsampling // decoder.scale) ** 2
    width = decoder.draft.weight.shape[1]
    # In a residual block, or when draft, details and enlarged image meet.
    restored = 3 * decoder.scale**2
    return max(5 * width, width + 5 * restored) * pixels


def _is_plain(net):
    """Whether layers run one by one, each with an output of its own."""
    return hasattr(net, 'pre_quants')


def _width(block):
    return len(block.res1.norm1.weight)


def _number_bytes(net):
    weight = next(net.parameters())
    kind = weight.device.type
    if torch.is_autocast_enabled(kind):
        return torch.get_autocast_dtype(kind).itemsize
    return weight.element_size()
