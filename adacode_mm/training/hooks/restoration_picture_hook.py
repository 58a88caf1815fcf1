"""Pictures of restored images during training."""

from pathlib import Path

import numpy as np
import torch
from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from torch import Tensor

from adacode_mm.core.exceptions import ConfigError
from adacode_mm.registry import HOOKS
from adacode_mm.views.comparison import side_by_side
from adacode_mm.views.picture import to_picture

from .due_validation import is_due


@HOOKS.register_module()
class RestorationPictureHook(Hook):
    """Draw input, output and ground truth of some validation images.

    The pictures `restored{n}_{file name}` go to the runner's visualizer, with
    the training iteration as their step. MMagic's `BasicVisualizationHook`
    would draw every image of every validation. With several processes the
    first one draws images of its share.

    An input of the size of the ground truth that equals it, as in stages I
    and II, is left out.

    Args:
        interval: Iterations between two drawings, each in the validation
            that comes next; the first and the last one are drawn besides.
        num_images: Images per validation set, the first ones.

    Raises:
        ConfigError: If one of the two is not positive.
    """

    priority = 'NORMAL'

    def __init__(self, interval: int = 1, num_images: int = 4):
        if interval < 1 or num_images < 1:
            raise ConfigError(
                f'RestorationPictureHook needs an interval of at least one '
                f'iteration and at least one image, got interval={interval} '
                f'and num_images={num_images}: remove the hook from '
                f'custom_hooks if nothing shall be drawn.'
            )
        self.interval = interval
        self.num_images = num_images
        self._due = False
        self._drawn = 0
        self._left = 0
        self._loader = None

    def before_val(self, runner) -> None:
        """Decide whether this validation is one to draw."""
        self._due = is_main_process() and is_due(runner, self.interval)
        self._drawn, self._loader = 0, None

    def after_val_iter(
        self, runner, batch_idx, data_batch=None, outputs=None
    ) -> None:
        """Draw the first images of every validation set."""
        if not self._due:
            return
        if runner.val_loop.dataloader is not self._loader:
            self._loader = runner.val_loop.dataloader
            self._left = self.num_images
        for sample in outputs[: self._left]:
            name = f'restored{self._drawn}'
            if 'gt_path' in sample:
                name += f'_{Path(sample.gt_path).stem}'
            picture = side_by_side(_panels(sample))
            runner.visualizer.add_image(name, picture, runner.iter)
            self._drawn += 1
            self._left -= 1


def _panels(sample) -> dict[str, np.ndarray]:
    """Labelled pictures of one `DataSample` from a validation."""
    panels = {
        'input': sample.get('input'),
        'output': sample.output.pred_img,
        'ground truth': sample.get('gt_img'),
    }
    panels = {k: _rgb(v) for k, v in panels.items() if v is not None}
    if np.array_equal(panels.get('input'), panels.get('ground truth')):
        panels.pop('input', None)
    return panels


def _rgb(image: Tensor) -> np.ndarray:
    # MMagic's results are BGR, 0..255.
    return to_picture(image.detach().to('cpu', torch.float32).flip(0) / 255)
