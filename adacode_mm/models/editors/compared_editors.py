"""Several restoration models side by side, in one test run."""

import copy
from collections.abc import Mapping

import torch
from mmagic.structures import DataSample
from mmengine.model import BaseModel
from mmengine.runner import CheckpointLoader
from torch import nn

from adacode_mm.checkpoints.state_dicts import find_state_dict, take_part
from adacode_mm.checkpoints.strict import load_strictly
from adacode_mm.core.exceptions import ConfigError
from adacode_mm.registry import MODELS


@MODELS.register_module()
class ComparedEditors(BaseModel):
    """Gives every test image to several models of MMagic or of this package.

    What the model `name` makes of an image is `output.pred_<name>` of its
    data sample: metrics take `pred_key='pred_<name>'` and a prefix, and
    MMagic's `ConcatImageVisualizer` shows all of them next to each other.
    Each model keeps its own data preprocessor.

    Args:
        editors: Name -> config of a model, such as `CodebookEditor`, or
            MMagic's `RealESRGAN`, with what prediction needs.
        checkpoints: Name -> file or URL of the weights of each of them, of a
            training or a released file, read before the first image. The
            generator's have to be there, or their average, which is taken.
        data_preprocessor: Not needed; as for MMEngine's models.

    Raises:
        ConfigError: If a checkpoint is missing, or belongs to no model; or
            in `train_step`: they are compared, not trained.
    """

    def __init__(
        self,
        editors: Mapping[str, dict],
        checkpoints: Mapping[str, str],
        data_preprocessor: dict | None = None,
    ):
        super().__init__(data_preprocessor=data_preprocessor)
        if set(editors) != set(checkpoints) or not editors:
            raise ConfigError(
                f'checkpoints must name one file for each of the editors '
                f'{sorted(editors)}, got {sorted(checkpoints)}.'
            )
        self.editors = nn.ModuleDict(
            {name: MODELS.build(cfg) for name, cfg in editors.items()}
        )
        self._unread = dict(checkpoints)

    def load(self) -> None:
        """Read the checkpoints that were not read yet.

        Raises:
            CheckpointError: If one is missing, damaged or of another network.
        """
        for name in list(self._unread):
            _load(self.editors[name], self._unread[name])
            del self._unread[name]

    @torch.no_grad()
    def test_step(self, data: dict) -> list[DataSample]:
        """Predict one batch with every model.

        Args:
            data: Batch from the data loader, `inputs` and `data_samples`.

        Returns:
            The data samples with `output.pred_<name>`, (3, H, W), BGR, 0..255.
        """
        self.load()
        samples, outputs = None, []
        for name, editor in self.editors.items():
            found = editor.test_step(copy.deepcopy(data))
            samples = found if samples is None else samples
            key = f'pred_{name}'
            outputs.append([{key: each.output.pred_img} for each in found])
        for sample, *parts in zip(samples, *outputs, strict=True):
            merged = {k: v for part in parts for k, v in part.items()}
            sample.output = DataSample(**merged)
        return samples

    val_step = test_step

    def train_step(self, data: dict, optim_wrapper):
        """Refused: see `CodebookEditor` for training."""
        raise ConfigError(
            'ComparedEditors compares models and trains none: test this '
            'config, and train each model with a config of its own.'
        )

    def forward(self, inputs, data_samples=None, mode: str = 'predict'):
        """As `test_step`, the only thing that the runner asks for."""
        data = {'inputs': inputs, 'data_samples': data_samples}
        return self.test_step(data)


def _load(editor, path):
    # Importing networks, it cannot be imported while these are.
    from adacode_mm.checkpoints.our_names import in_our_names

    content = CheckpointLoader.load_checkpoint(path, map_location='cpu')
    state = in_our_names(find_state_dict(content))
    state = take_part(state, 'generator', repr(path))
    for child in ('generator', 'generator_ema'):
        network = getattr(editor, child, None)
        if network is not None:
            load_strictly(network, state, f'{child} of {path!r}')
