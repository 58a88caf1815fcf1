"""A restored image, and the codes and weights it came from."""

from typing import Any, NamedTuple

import numpy as np

from .network_pass import NetworkPass, Progress, finished
from .request import Request


class Inspection(NamedTuple):
    """What a network made of one image; h and w are of its latent grid.

    Attributes:
        image: Restored image (H, W, 3), float32, RGB in [0, 1].
        weight: Weight map (K, h, w), float32; None with a single codebook
            or none.
        indices: Which codes were chosen, (h, w), int64, for each codebook.
    """

    image: np.ndarray
    weight: np.ndarray | None
    indices: list[np.ndarray]


def inspected(
    network: NetworkPass, request: Request, progress: Progress | None = None
) -> tuple[Any, Inspection]:
    """Restore an image and keep what lies behind it.

    Returns:
        The image as its item gives it back, and the inspection.
    """
    with network.memory([request]):
        out, notes = network.forward([request], progress)
        image = finished(request, out.image[0])
        result = network.give_back(request, image, notes)
        inspection = _inspection(network, request, out, image)
    return result, inspection


def _inspection(network, request, out, image):
    weight, h, w = out.weight, 0, 0
    if out.quantized:
        grid = out.quantized[0].indices.shape[1:]
        h, w = (
            _covered(side, cells, network)
            for side, cells in zip(
                request.item.rgb.shape[1:], grid, strict=True
            )
        )
    if weight is not None:
        weight = np.ascontiguousarray(weight[0, :, :h, :w].float().cpu())
    return Inspection(
        np.ascontiguousarray(image.permute(1, 2, 0).cpu()),
        weight,
        [
            np.ascontiguousarray(each.indices[0, :h, :w].cpu())
            for each in out.quantized
        ],
    )


def _covered(side, cells, network):
    """Cells of the latent grid that show the image, not its padding."""
    if network.tile == 'released':
        return cells  # `restore` has cut what each tile was padded with
    codes = network.family.codes(network.net)
    return codes.covered(side, cells, network.padding)
