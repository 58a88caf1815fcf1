"""What a network that inpaints sees where nothing is known."""

import torch
from torch import Tensor
from torch.nn import functional as F

# 'white' is what AdaCode was published with.
HOLE_FILLS = ('white', 'harmonic', 'marked')
WHITE = 1.0
# Relaxations on each level; more change the fill by less than 0.1 dB.
SWEEPS = 4


def fill_holes(images: Tensor, holes: Tensor, fill: str) -> Tensor:
    """Images as a network expects them, whatever their holes held.

    Args:
        images: (B, 3, H, W) in [0, 1].
        holes: (B, 1, H, W), True in holes.
        fill: 'white'; 'harmonic', `harmonic_fill`; or 'marked', the same
            with a fourth channel that is 1 in holes.
    """
    if fill == 'harmonic':
        return harmonic_fill(images, holes)
    if fill == 'marked':
        return torch.cat([harmonic_fill(images, holes), holes.to(images)], 1)
    return images.masked_fill(holes, WHITE)


def white_holes(images: Tensor) -> Tensor:
    """Where images (B, 3, H, W) are pure white, (B, 1, H, W)."""
    return (images == WHITE).all(1, keepdim=True)


def harmonic_fill(images: Tensor, holes: Tensor) -> Tensor:
    """Continue what is known smoothly through the holes.

    Nearly the solution of Laplace's equation, each pixel of a hole the mean of
    its four neighbours, by cascadic multigrid (Bornemann and Deuflhard,
    Numerische Mathematik 75, 1996): the means of 2x2 known pixels are filled
    in first, enlarged, and relaxed a few times. A single resolution would
    take thousands of relaxations for wide holes.

    Args:
        images: (B, C, H, W).
        holes: (B, 1, H, W), True in holes.

    Returns:
        (B, C, H, W), equal to `images` outside of the holes, and within the
        range of what is known there. An image that is one hole becomes 0.
    """
    height, width = images.shape[-2:]
    # Not by a product: holes may hold anything, even NaN.
    known_part = images.masked_fill(holes, 0)
    if height * width == 1:
        return known_part
    if not holes.any():
        return images
    padding = (0, width % 2, 0, height % 2)
    means = F.avg_pool2d(F.pad(known_part, padding), 2)
    shares = F.avg_pool2d(F.pad((~holes).to(images), padding), 2)
    coarse = harmonic_fill(means / shares.clamp_min(0.25), shares == 0)
    fine = F.interpolate(coarse, scale_factor=2.0, mode='bilinear')
    filled = torch.where(holes, fine[..., :height, :width], images)
    for _ in range(SWEEPS):
        around = F.pad(filled, (1, 1, 1, 1), mode='replicate')
        mean = 0.25 * (
            around[..., :-2, 1:-1]
            + around[..., 2:, 1:-1]
            + around[..., 1:-1, :-2]
            + around[..., 1:-1, 2:]
        )
        filled = torch.where(holes, mean, filled)
    return filled
