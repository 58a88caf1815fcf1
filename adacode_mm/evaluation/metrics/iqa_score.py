"""Full-reference scores of pyiqa."""

import contextlib
import importlib.util
import io
import math
from typing import NamedTuple

import torch
from torch import Tensor
from torchvision.models import VGG16_Weights

from adacode_mm.core.exceptions import CheckpointError, ConfigError
from adacode_mm.evaluation.planes import eight_bits
from adacode_mm.evaluation.weight_files import read_weights, weights_file
from adacode_mm.registry import METRICS

from .per_image_metric import PerImageMetric

_VGG_URL = VGG16_Weights.IMAGENET1K_V1.url
_DISTS_URL = (
    'https://huggingface.co/chaofengc/IQA-PyTorch-Weights/resolve/main/'
    'DISTS_weights-f5e65c96.pth'
)


class _Score(NamedTuple):
    pyiqa: str
    higher_is_better: bool
    smallest: int  # side in pixels that it is defined for


SCORES = {
    'DISTS': _Score('dists', False, 32),
    'FSIM': _Score('fsim', True, 16),
    'GMSD': _Score('gmsd', False, 16),
    'MS-SSIM': _Score('ms_ssim', True, 161),
    'NLPD': _Score('nlpd', False, 16),
    'VIF': _Score('vif', True, 33),
    'VSI': _Score('vsi', True, 16),
}


@METRICS.register_module()
class IQAScore(PerImageMetric):
    """Mean of a perceptual score that compares with the ground truth.

    The scores are pyiqa's, with its defaults, on the whole 8-bit RGB image.
    All but DISTS need no weights:

    - FSIM (Zhang et al., TIP 2011) with colour, MS-SSIM (Wang et al., 2003),
      VIF (Sheikh and Bovik, TIP 2006) and VSI (Zhang et al., TIP 2014):
      higher is better, 1 for equal images;
    - GMSD (Xue et al., TIP 2014), NLPD (Laparra et al., 2016) and DISTS (Ding
      et al., PAMI 2020): lower is better, 0 for equal images.

    Without pyiqa, or weights it needs, it reports nothing and says so before
    the first image; nothing is ever downloaded. An image that is too small
    for a score (MS-SSIM: under 161 pixels) has none.

    Args:
        name: A name of `SCORES`.
        **kwargs: As for `PerImageMetric`.

    Raises:
        ConfigError: If the name is unknown.
    """

    metric = 'IQA'

    def __init__(self, name: str, **kwargs):
        if name not in SCORES:
            raise ConfigError(
                f'name must be one of {tuple(SCORES)}, got {name!r}.'
            )
        super().__init__(**kwargs)
        self.metric = name
        self._score = SCORES[name]
        self.higher_is_better = self._score.higher_is_better
        self._model = None

    def _missing(self) -> str | None:
        if importlib.util.find_spec('pyiqa') is None:
            return (
                'the package pyiqa is needed and not installed: '
                "pip install 'adacode-mm[metrics]', or pip install pyiqa."
            )
        try:
            options = _dists_options() if self.metric == 'DISTS' else {}
        except CheckpointError as error:
            return str(error)
        self._model = _model_of_pyiqa(
            self._score.pyiqa, self.device, **options
        )
        return None

    @torch.no_grad()
    def process_image(
        self, gt: Tensor, pred: Tensor, mask: Tensor | None = None
    ) -> float:
        """Score of one image; not a number if it is too small."""
        if min(pred.shape[-2:]) < self._score.smallest:
            return math.nan
        pred, gt = (
            eight_bits(x).float().flip(0).expand(3, -1, -1)[None] / 255
            for x in (pred, gt)
        )
        return self._model(pred, gt).item()


def _model_of_pyiqa(name: str, device: str, **options) -> torch.nn.Module:
    # Not by `pyiqa.create_metric`, which starts a logger of its own.
    from pyiqa.models.inference_model import InferenceModel

    with contextlib.redirect_stdout(io.StringIO()):
        return InferenceModel(name, device=torch.device(device), **options)


def _dists_options() -> dict[str, str]:
    """Options of pyiqa's DISTS with which it downloads nothing.

    pyiqa would download what is missing, unpickle it whatever it holds, and
    go on with random numbers where names differ: so its files are read here
    first. VGG16 is found by torchvision where it is read from here.
    """
    read_weights(_VGG_URL)
    weights = read_weights(_DISTS_URL)
    shapes = {n: tuple(x.shape) for n, x in weights.items()}
    expected = dict.fromkeys(('alpha', 'beta'), (1, 1475, 1, 1))
    if shapes != expected:
        raise CheckpointError(
            f'The weights of DISTS must hold {expected}, got '
            f'{sorted(shapes)}: replace them by {_DISTS_URL}.'
        )
    return {'pretrained_model_path': str(weights_file(_DISTS_URL))}
