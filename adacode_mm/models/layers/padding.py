"""The padding rules of whole-image inference."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor

from adacode_mm.core.exceptions import InputError
from adacode_mm.models.structures import CodebookOutput

RULES = ('released', 'minimal')


def padded_size(size: int, multiple: int, rule: str = 'released') -> int:
    """Side of the padded image.

    The released rule always adds at least one pixel, so a side that is a
    multiple already grows by a whole one; `minimal` leaves it alone.

    Args:
        size: Height or width in pixels.
        multiple: What the padded side is a multiple of.
        rule: One of `RULES`.

    Raises:
        InputError: For another rule.
    """
    if rule == 'released':
        return (size // multiple + 1) * multiple
    if rule == 'minimal':
        return math.ceil(size / multiple) * multiple
    raise InputError(f'rule must be one of {RULES}, got {rule!r}.')


def pad_symmetric(image: Tensor, height: int, width: int) -> Tensor:
    """Mirror an image (B, C, H, W) below and to the right, edge repeated.

    One mirror image is available in each direction: as in the released
    networks, the result is at most twice as high and wide as the image.
    """
    return _mirrored(_mirrored(image, 2, height), 3, width)


def _mirrored(image, dim, size):
    given = image.shape[dim]
    more = min(max(size - given, 0), given)
    tail = image.narrow(dim, given - more, more).flip(dim)
    return torch.cat([image, tail], dim).narrow(
        dim, 0, min(size, given + more)
    )


def padded_forward(
    net,
    image: Tensor,
    rule: str = 'released',
    fidelity: float | None = None,
) -> CodebookOutput:
    """Run a codebook network on an image of any size.

    The padding changes the result everywhere, since normalisation statistics
    span the padded image: `released` gives the numbers of the released
    networks, `minimal` needs less time.

    Args:
        net: `CodebookNet`, or anything that is called like it and has its
            `scale` and `size_multiple`.
        image: Image (B, 3, H, W), values in [0, 1].
        rule: One of `RULES`.
        fidelity: As for `CodebookNet.forward`; other networks have no such
            argument.

    Returns:
        Output whose `image` is cropped to (B, 3, scale * H, scale * W);
        features, `weight` and `indices` stay on the padded grid.

    Raises:
        InputError: If the rule is unknown, or the image is no batch of
            images, or is too small to be mirrored up to one window.
    """
    padded = pad_image(net, image, rule)
    h, w = image.shape[-2:]
    with explain_small_image(net, h, w):
        given = {} if fidelity is None else {'fidelity': fidelity}
        out = net(padded, **given)
    restored = out.image[..., : h * net.scale, : w * net.scale]
    return out._replace(image=restored)


def pad_image(net, image: Tensor, rule: str = 'released') -> Tensor:
    """Pad an image (B, 3, H, W) as a network wants it.

    Raises:
        InputError: See `padded_shape`.
    """
    return pad_symmetric(
        image, *padded_shape(net, tuple(image.shape), rule)[2:]
    )


def padded_shape(
    net, shape: tuple[int, ...], rule: str = 'released'
) -> tuple[int, int, int, int]:
    """Shape of images (B, 3, H, W) that are padded as a network wants it.

    Raises:
        InputError: If the rule is unknown, or the image no batch of images.
    """
    check_batch(shape)
    size = (
        min(padded_size(n, net.size_multiple, rule), 2 * n) for n in shape[-2:]
    )
    return *shape[:2], *size


def check_batch(shape: Sequence[int]) -> None:
    """Refuse what is no shape (B, 3, H, W) of images.

    Raises:
        InputError: If it is none, or has a zero.
    """
    if len(shape) != 4 or 0 in shape:
        raise InputError(
            f'The image must have shape (B, 3, H, W) without a zero, got '
            f'{tuple(shape)}.'
        )


@contextmanager
def explain_small_image(net, height: int, width: int) -> Iterator[None]:
    """Say what an error of the attention layers means for the image."""
    try:
        yield
    except InputError as error:
        multiple = net.size_multiple
        raise InputError(
            f'The image must be large enough to be mirrored up to a multiple '
            f'of {multiple} pixels (at least {multiple // 2} pixels a side), '
            f'got {height}x{width}: enlarge or pad it first.'
        ) from error
