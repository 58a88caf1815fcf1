"""What needs no network: enlarging, and filling holes from around them."""

from collections.abc import Callable

import cv2
import numpy as np
import torch

from adacode_mm.models.layers.hole_fill import harmonic_fill

from .degraded_inputs import Sample, bicubic
from .table_model import TableModel

# OpenCV's usual neighbourhood, in pixels.
RADIUS = 3


def enlarge_bicubic(sample: Sample) -> np.ndarray:
    """MATLAB-like bicubic, as the literature's baseline."""
    return bicubic(sample.input, *sample.truth.shape[:2])


def enlarge_nearest(sample: Sample) -> np.ndarray:
    """Every pixel repeated."""
    height, width = sample.truth.shape[:2]
    return cv2.resize(
        sample.input, (width, height), interpolation=cv2.INTER_NEAREST_EXACT
    )


def leave_white(sample: Sample) -> np.ndarray:
    """The input itself: holes are white."""
    return sample.input


def fill_mean(sample: Sample) -> np.ndarray:
    """Mean colour of the known pixels; white if there are none."""
    filled = sample.input.copy()
    known = sample.input[~sample.mask]
    if len(known):
        filled[sample.mask] = np.rint(known.mean(0)).astype(np.uint8)
    return filled


def fill_telea(sample: Sample) -> np.ndarray:
    """A. Telea, "An image inpainting technique ...", 2004, by OpenCV."""
    return _inpainted(sample, cv2.INPAINT_TELEA)


def fill_navier_stokes(sample: Sample) -> np.ndarray:
    """M. Bertalmio et al., CVPR 2001, by OpenCV."""
    return _inpainted(sample, cv2.INPAINT_NS)


def fill_harmonic(sample: Sample) -> np.ndarray:
    """Laplace's equation: what networks with this `hole_fill` start from."""
    known = sample.input.reshape(*sample.mask.shape, -1).transpose(2, 0, 1)
    filled = harmonic_fill(
        torch.from_numpy(known[None].astype(np.float32)),
        torch.from_numpy(sample.mask[None, None]),
    )
    filled = filled[0].permute(1, 2, 0).numpy().round().astype(np.uint8)
    return filled.reshape(sample.input.shape)


def _inpainted(sample, method):
    image = np.ascontiguousarray(sample.input)
    return cv2.inpaint(image, np.uint8(sample.mask), RADIUS, method)


# Task -> name -> image from sample.
BASELINES: dict[str, dict[str, Callable[[Sample], np.ndarray]]] = {
    'sr': {'bicubic': enlarge_bicubic, 'nearest': enlarge_nearest},
    'inpaint': {
        'white': leave_white,
        'mean': fill_mean,
        'telea': fill_telea,
        'navier-stokes': fill_navier_stokes,
        'harmonic': fill_harmonic,
    },
    'reconstruct': {},
}


class Baseline(TableModel):
    """A classical method."""

    kind = 'baseline'

    def restore(self, sample: Sample) -> np.ndarray:
        """See `TableModel`."""
        return BASELINES[self.options.task][self.source](sample)
