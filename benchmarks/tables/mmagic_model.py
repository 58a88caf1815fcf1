"""Rivals that MMagic knows: a config and a checkpoint."""

import hashlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from mmengine.config import Config
from mmengine.hub import get_config
from mmengine.registry import DefaultScope

from adacode_mm.core.exceptions import CheckpointError, ConfigError, InputError
from adacode_mm.evaluation.eval_images import as_gray, size_of
from adacode_mm.models.editors.compared_editors import ComparedEditors
from adacode_mm.restoring.execution import choose_device
from adacode_mm.work.places import FileIdentity

from .degraded_inputs import InputOptions, Sample
from .mmagic_batch import mmagic_batch, trial_sample
from .table_model import TableModel, checked_result

# What prediction does without: it would only fetch weights of its own.
TRAINING = (
    'code_losses',
    'disc',
    'discriminator',
    'gan_loss',
    'hq_prior',
    'init_cfg',
    'loss_composed_percep',
    'loss_gan',
    'loss_perceptual',
    'perceptual_loss',
)


class MMagicModel(TableModel):
    """A model of MMagic, run by its own data preprocessor and `test_step`.

    Weights are loaded strictly, unlike MMagic's own loading, which leaves
    what does not fit at random values.

    Args:
        label: Name of the row.
        files: The config, and the file of weights.
        options: What the inputs are.
        device: As for `Restorer`.
        composite: Whether the known pixels of an inpainted image are those of
            the input.
    """

    kind = 'MMagic model'

    def __init__(
        self,
        label: str,
        files: tuple[str, str],
        options: InputOptions,
        device: str = 'auto',
        composite: bool = True,
    ):
        super().__init__(label, '::'.join(files), options)
        self._config, self._weights = files
        self._composite = composite
        self._device = choose_device(device)
        self._editors: ComparedEditors | None = None
        self._details: dict[str, Any] = {}

    def check(self) -> None:
        """Build it, load its weights, and try it on a small image."""
        cfg = self._model_config()
        self.open()
        trial = trial_sample(self.options)
        checked_result(self, trial, self.restore(trial))
        parameters = sum(each.numel() for each in self._editors.parameters())
        text = Config({'model': cfg}).pretty_text
        self._details = {
            'sha256': FileIdentity.of(self._weights).sha256,
            'config_sha256': hashlib.sha256(text.encode()).hexdigest(),
            'architecture': str(cfg.get('type')),
            'million_parameters': round(parameters / 1e6, 3),
            'composite': self._composite,
            'device': self._device.type,
        }
        self.close()

    def details(self) -> dict[str, Any]:
        """See `TableModel`."""
        return {**super().details(), **self._details}

    def restore(self, sample: Sample) -> np.ndarray:
        """See `TableModel`; grey images go in as colour, come out grey.

        Raises:
            InputError: If the model cannot take this image.
        """
        try:
            image = self._predicted(sample)
        except (RuntimeError, AssertionError) as error:
            reason = str(error).strip().partition('\n')[0].rstrip('.')
            raise InputError(
                f'{self.label} must take images of {size_of(sample.input)} '
                f'({sample.set_name} {sample.name}), but it fails: {reason}.'
            ) from error
        if sample.truth.ndim == 2:
            image = as_gray(image)
        if sample.mask is not None and self._composite:
            image[~sample.mask] = sample.input[~sample.mask]
        return image

    @torch.no_grad()
    def _predicted(self, sample):
        self.open()
        data = mmagic_batch(sample, self._editors.editors['model'])
        found = self._editors.test_step(data)[0].output.pred_model
        image = found.float().clamp(0, 255).round().byte()
        image = cv2.cvtColor(
            image.permute(1, 2, 0).contiguous().numpy(force=True),
            cv2.COLOR_BGR2RGB,
        )
        if sample.mask is None:
            return image
        height, width = sample.truth.shape[:2]
        return image[:height, :width]

    def close(self) -> None:
        """See `TableModel`."""
        self._editors = None

    def open(self) -> None:
        """See `TableModel`."""
        if self._editors is None:
            if not Path(self._weights).is_file():
                raise CheckpointError(
                    f'{self.label} needs the weights {self._weights}, but '
                    f'there is no such file: fetch it, and give its path '
                    f'after "::".'
                )
            config = self._model_config()
            try:
                # Where parts of MMagic look for others, as in its runner.
                with DefaultScope.overwrite_default_scope('mmagic'):
                    editors = ComparedEditors(
                        {'model': config}, {'model': self._weights}
                    )
            except InputError:
                raise
            except (ImportError, TypeError, KeyError, ValueError) as error:
                reason = str(error.args[0] if error.args else error)
                raise ConfigError(
                    f'The model of {self._config} cannot be built: '
                    f'{reason.rstrip(".")}.'
                ) from error
            editors.load()
            self._editors = editors.eval().to(self._device)

    def _model_config(self):
        if '::' in self._config:  # of an installed package
            try:
                config = get_config(self._config)
            except (OSError, ImportError, ValueError) as error:
                raise ConfigError(
                    f'{self._config} must name a config of an installed '
                    f'package, but it cannot be read: {error}.'
                ) from error
        elif Path(self._config).is_file():
            try:
                config = Config.fromfile(self._config)
            except (OSError, SyntaxError, ValueError) as error:
                raise ConfigError(
                    f'{self._config} must be a config of MMagic, but it '
                    f'cannot be read: {error}.'
                ) from error
        else:
            raise ConfigError(
                f'{self.label} needs the config {self._config}, but there '
                f'is no such file: check the path before "::".'
            )
        if 'model' not in config:
            raise ConfigError(
                f'{self._config} must be the config of a model, but it has '
                f'no "model".'
            )
        return {k: v for k, v in config.model.items() if k not in TRAINING}
