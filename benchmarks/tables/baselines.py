"""Classical methods to compare with, and what every row of a table can do."""

import hashlib
import json
from typing import Any

import cv2
import numpy as np
import torch
from PIL import Image

from adacode_mm.models.layers.hole_fill import harmonic_fill
from adacode_mm.version import __version__

from .inputs import InputOptions, Sample, bicubic
from .sets import EvalSet

RADIUS = 3  # of OpenCV's inpainting, in pixels


def _nearest(sample):
    size = sample.truth.shape[1::-1]
    return cv2.resize(sample.input, size, interpolation=cv2.INTER_NEAREST)


def _lanczos(sample):
    image = Image.fromarray(sample.input)
    size = sample.truth.shape[1::-1]
    return np.asarray(image.resize(size, Image.Resampling.LANCZOS))


def _mean(sample):
    """Mean colour of the known pixels; white if there are none."""
    filled, known = sample.input.copy(), sample.input[~sample.mask]
    if len(known):
        filled[sample.mask] = np.rint(known.mean(0)).astype(np.uint8)
    return filled


def _opencv(sample, method):
    holes = np.uint8(sample.mask)
    image = np.ascontiguousarray(sample.input)
    return cv2.inpaint(image, holes, RADIUS, method)


def _harmonic(sample):
    """Laplace's equation: what networks with this `hole_fill` start from."""
    known = sample.input.reshape(*sample.mask.shape, -1).transpose(2, 0, 1)
    known = torch.from_numpy(known[None].astype(np.float32))
    filled = harmonic_fill(known, torch.from_numpy(sample.mask[None, None]))
    filled = filled[0].permute(1, 2, 0).numpy().round().astype(np.uint8)
    return filled.reshape(sample.input.shape)


# Task -> name -> image from sample. Telea, "An image inpainting technique
# ...", 2004, and Bertalmio et al., CVPR 2001, are OpenCV's.
BASELINES = {
    'sr': {
        'bicubic': lambda x: bicubic(x.input, *x.truth.shape[:2]),
        'nearest': _nearest,
        'lanczos': _lanczos,
    },
    'inpaint': {
        'white': lambda sample: sample.input,
        'mean': _mean,
        'telea': lambda sample: _opencv(sample, cv2.INPAINT_TELEA),
        'navier-stokes': lambda sample: _opencv(sample, cv2.INPAINT_NS),
        'harmonic': _harmonic,
    },
    'reconstruct': {},
}


class Baseline:
    """A classical method; and what every row of a table can do.

    Attributes:
        label: Name of the row.
        facts: What it is; equal for equal results.
    """

    kind = 'baseline'

    def __init__(self, label: str, source: str, options: InputOptions):
        self.label = label
        self.source = source
        self.options = options
        self.facts: dict[str, Any] = {'kind': self.kind, 'source': source}

    def check(self, sets: list[EvalSet]) -> None:
        """Whether it can be run at all, before anything is computed.

        Raises:
            InputError: If not.
        """

    def open(self) -> None:
        """Load what `restore` needs, which is not counted as its time."""

    def restore(self, sample: Sample) -> np.ndarray:
        """uint8 image as large as the truth, RGB, grey for a grey one."""
        return BASELINES[self.options.task][self.source](sample)

    def key(self, sample: Sample) -> str:
        """Changes with whatever changes the result for a sample."""
        facts = {**self.facts, 'version': __version__}
        digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
        for part in (sample.truth, sample.input, sample.mask):
            if part is not None:
                digest.update(f'{part.shape}'.encode())
                digest.update(np.ascontiguousarray(part).tobytes())
        return digest.hexdigest()[:16]
