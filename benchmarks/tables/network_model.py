"""Rows of a table by the networks of this package."""

from typing import Any

import numpy as np

from adacode_mm.checkpoints.pretrained import find_model_file
from adacode_mm.core.exceptions import InputError
from adacode_mm.restoring.restorer import Restorer
from adacode_mm.work.places import FileIdentity

from .degraded_inputs import InputOptions, Sample
from .table_model import TableModel


class RestorerModel(TableModel):
    """A codebook network, run as `adacode sr` and its kin do.

    Args:
        label: Name of the row.
        source: Name, file or work directory of a training.
        options: What the inputs are.
        restorer_options: For `Restorer`.
    """

    kind = 'network'

    def __init__(
        self,
        label: str,
        source: str,
        options: InputOptions,
        restorer_options: dict[str, Any],
    ):
        super().__init__(label, source, options)
        self._restorer_options = dict(restorer_options)
        if options.task != 'inpaint':
            self._restorer_options.pop('composite', None)
        self._restorer: Restorer | None = None
        self._details: dict[str, Any] = {}

    def check(self) -> None:
        """Open it, and compare its task and scale with the table's."""
        file = find_model_file(self.source)
        self.open()
        restorer = self._restorer
        task, scale = self.options.task, self.options.scale
        if (restorer.task, restorer.scale) != (task, scale):
            raise InputError(
                f'{self.label} must be a model for {_named(task, scale)}, but '
                f'{file} is for {_named(restorer.task, restorer.scale)}: '
                f'leave it out or make its own table.'
            )
        quantizers = restorer.info.config['quantizers']
        parameters = sum(each.numel() for each in restorer.net.parameters())
        self._details = {
            'sha256': FileIdentity.of(file).sha256,
            'architecture': restorer.info.architecture,
            'codebooks': [each['num_embeddings'] for each in quantizers],
            'million_parameters': round(parameters / 1e6, 3),
            'options': {
                name: str(value)
                for name, value in self._restorer_options.items()
                if name != 'device'
            },
            'device': restorer.device.type,
        }
        self.close()

    def details(self) -> dict[str, Any]:
        """See `TableModel`."""
        return {**super().details(), **self._details}

    def restore(self, sample: Sample) -> np.ndarray:
        """See `TableModel`."""
        self.open()
        return self._restorer(sample.input, sample.mask)

    def open(self) -> None:
        """See `TableModel`."""
        if self._restorer is None:
            self._restorer = Restorer.from_pretrained(
                self.source, **self._restorer_options
            )

    def close(self) -> None:
        """See `TableModel`."""
        self._restorer = None


def _named(task, scale):
    return f'{task} x{scale}' if task == 'sr' else task
