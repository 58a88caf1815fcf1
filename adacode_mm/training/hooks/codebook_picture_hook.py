"""Pictures of the codes and of the weight map during training."""

import numpy as np
import torch
from mmengine.dist import is_main_process
from mmengine.hooks import Hook

from adacode_mm.core.exceptions import ConfigError, InputError
from adacode_mm.models.adacode.codebook_patches import codebook_patches
from adacode_mm.models.layers.padding import pad_symmetric, padded_size
from adacode_mm.registry import HOOKS
from adacode_mm.views.codebook_sheet import codebook_sheet
from adacode_mm.views.weight_map import weight_maps_picture

from .due_validation import is_due
from .unwrapped import unwrapped


@HOOKS.register_module()
class CodebookPictureHook(Hook):
    """Draw the weight map of the first validation image, and the codes.

    The pictures `weight_maps` (with several codebooks) and `codebook{k}` go
    to the runner's visualizer, with the training iteration as their step.
    A codebook whose sheet would be the same as the last one is not drawn
    again, as where codes and decoder are frozen.

    The model must offer `data_preprocessor` and `generator`, a network such
    as `CodebookNet`: `generator(image, decode=False)` and
    `generator.decode_indices(indices, basis=k)`. If it has a `predictor()`,
    such as the moving average of its generator, that one is drawn.

    Args:
        interval: Iterations between two drawings, each in the validation
            that comes next; the first and the last one are drawn besides.
        sheets: Whether to draw the codes.
        style: Style of the weight maps, see
            :func:`adacode_mm.views.weight_map.weight_maps_picture`.

    Raises:
        ConfigError: If `interval` is not positive.
        InputError: Before training, if the model has no such generator.
    """

    priority = 'NORMAL'

    def __init__(
        self, interval: int = 1, sheets: bool = True, style: str = 'released'
    ):
        if interval < 1:
            raise ConfigError(
                f'CodebookPictureHook needs an interval of at least one '
                f'iteration, got {interval}.'
            )
        self.interval = interval
        self.sheets = sheets
        self.style = style
        self._due = False
        self._sheets: dict[str, np.ndarray] = {}

    def before_train(self, runner) -> None:
        """See that the model is one that can be drawn."""
        model = unwrapped(runner.model)
        generator = unwrapped(getattr(model, 'generator', None))
        if not hasattr(generator, 'decode_indices'):
            raise InputError(
                f'CodebookPictureHook needs a model whose generator has '
                f'decode_indices, as CodebookNet has, got '
                f'{type(model).__name__}: remove the hook from custom_hooks '
                f'or train a codebook model.'
            )

    def before_val(self, runner) -> None:
        """Decide whether this validation is one to draw."""
        self._due = is_due(runner, self.interval)

    def after_val_iter(
        self, runner, batch_idx, data_batch=None, outputs=None
    ) -> None:
        """Draw after the first batch of the first validation set."""
        if not self._due:
            return
        self._due = False
        # No other process is needed: the generator is called unwrapped.
        if is_main_process():
            self._draw(runner, data_batch)

    @torch.no_grad()
    def _draw(self, runner, data_batch):
        model = unwrapped(runner.model)
        generator = _predictor(model)
        if len(generator.quantizers) > 1:
            first = {k: v[:1] for k, v in data_batch.items()}
            data = model.data_preprocessor(first, training=False)
            picture = self._weight_maps(generator, data['inputs'])
            runner.visualizer.add_image('weight_maps', picture, runner.iter)
        if not self.sheets:
            return
        for k in range(len(generator.quantizers)):
            name = f'codebook{k}'
            sheet = codebook_sheet(codebook_patches(generator, basis=k))
            if not np.array_equal(sheet, self._sheets.get(name)):
                self._sheets[name] = sheet
                runner.visualizer.add_image(name, sheet, runner.iter)

    def _weight_maps(self, generator, image):
        height, width = image.shape[-2:]
        multiple = generator.size_multiple
        # As in prediction, but without the decoder.
        image = pad_symmetric(
            image, padded_size(height, multiple), padded_size(width, multiple)
        )
        # Not called as a module: compiled, it would be compiled once more.
        weight = generator.forward(image, decode=False).weight
        scale = generator.scale * image.shape[-1] // weight.shape[-1]
        size = (height * generator.scale, width * generator.scale)
        return weight_maps_picture(weight, scale, size, self.style)


def _predictor(model):
    if hasattr(model, 'predictor'):
        return model.predictor()
    return unwrapped(model.generator)
