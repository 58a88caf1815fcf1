"""What every row of a table can do: make an image from a sample."""

import hashlib
import json
from typing import Any

import numpy as np

from adacode_mm.core.exceptions import InputError
from adacode_mm.evaluation.eval_images import size_of
from adacode_mm.version import __version__

from .degraded_inputs import InputOptions, Sample


class TableModel:
    """One row of a table: makes an image from a sample.

    Args:
        label: Name of the row.
        source: What was given on the command line.
        options: What the inputs are.
    """

    kind = ''

    def __init__(self, label: str, source: str, options: InputOptions):
        self.label = label
        self.source = source
        self.options = options

    def check(self) -> None:
        """Whether it can be run at all, before anything is computed.

        Raises:
            InputError: If not.
        """

    def details(self) -> dict[str, Any]:
        """What it is, JSON-able; equal for equal results."""
        return {'kind': self.kind, 'source': self.source}

    def key(self) -> str:
        """Changes with whatever changes results."""
        facts = {**self.details(), 'version': __version__}
        return hashlib.sha256(
            json.dumps(facts, sort_keys=True).encode()
        ).hexdigest()

    def restore(self, sample: Sample) -> np.ndarray:
        """uint8 image as large as the truth, RGB, grey for a grey one."""
        raise NotImplementedError

    def open(self) -> None:
        """Load what `restore` needs, which is not counted as its time."""

    def close(self) -> None:
        """Give memory back; it is not needed for a while."""


def checked_result(
    model: TableModel, sample: Sample, image: np.ndarray
) -> np.ndarray:
    """A result, refused if it does not lie on the truth pixel by pixel.

    Raises:
        InputError: If its size differs.
    """
    if image.shape[:2] != sample.truth.shape[:2]:
        raise InputError(
            f'{model.label} must give images as large as the ground truth, '
            f'{size_of(sample.truth)} for {sample.name} of '
            f'{sample.set_name}, got {size_of(image)}.'
        )
    return image
