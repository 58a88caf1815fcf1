"""FID between restored images and their ground truths."""

import warnings

import numpy as np
import torch
from mmagic.evaluation.functional.fid_inception import (
    FID_WEIGHTS_URL,
    fid_inception_v3,
)
from PIL import Image
from torch import Tensor, nn

from adacode_mm.core.exceptions import CheckpointError
from adacode_mm.evaluation.planes import eight_bits
from adacode_mm.evaluation.weight_files import read_weights
from adacode_mm.registry import METRICS

from .per_image_metric import PerImageMetric

_SIDE = 299


@METRICS.register_module()
class RestorationFID(PerImageMetric):
    """Frechet distance between the features of two sets; lower is better.

    Heusel et al., "GANs trained by a two time-scale update rule converge to a
    local Nash equilibrium", NeurIPS 2017: the 2048 pooled features of the
    Inception network of 2015. Images are resized to 299x299 with Pillow's
    bicubic filter (Parmar et al., "On aliased resizing", CVPR 2022), as pyiqa
    does. MMagic's own FID is for networks that generate images from noise;
    its Inception network is used here.

    It is a number of the set, not a mean over images: `values` stays empty.
    With fewer images than 2048 it is far above its limit, and only comparable
    at the same number of images. Without the weights, which are never
    downloaded, it reports nothing and says so.

    Args:
        **kwargs: As for `PerImageMetric`.
    """

    metric = 'FID'
    higher_is_better = False

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self._network = None

    def _missing(self) -> str | None:
        try:
            self._network = self._build_network().to(self.device)
        except CheckpointError as error:
            return str(error)
        return None

    def _build_network(self) -> nn.Module:
        return inception()

    @torch.no_grad()
    def process_image(
        self, gt: Tensor, pred: Tensor, mask: Tensor | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Features (D,) of both images."""
        batch = torch.stack([_resized(image) for image in (gt, pred)])
        features = self._network(batch.to(self.device)).cpu().numpy()
        return features[0], features[1]

    def compute_metrics(self, results: list[dict]) -> dict[str, float]:
        """The distance between the two sets."""
        if len(results) < 2:
            self._warn(
                f'Validation reports no FID: it needs two images or more, '
                f'got {len(results)}.'
            )
            return {}
        gt, pred = (
            np.stack([result[self.metric][which] for result in results])
            for which in (0, 1)
        )
        return {self.metric: frechet_distance(gt, pred)}


def frechet_distance(x: np.ndarray, y: np.ndarray) -> float:
    """Frechet distance between two Gaussians fitted to two sets.

    |mean_x - mean_y|^2 + tr(cov_x + cov_y - 2 (cov_x cov_y)^(1/2)).

    Args:
        x: Features (N, D), N > 1.
        y: Features (M, D), M > 1.
    """
    x, y = x.astype(np.float64), y.astype(np.float64)
    shift = x.mean(0) - y.mean(0)
    x = (x - x.mean(0)) / np.sqrt(len(x) - 1)
    y = (y - y.mean(0)) / np.sqrt(len(y) - 1)
    # cov_x = x'x and cov_y = y'y, so that the trace of the root is the sum of
    # the singular values of the small matrix x y': exact where there are
    # fewer images than features, and no root of a singular matrix.
    root = np.linalg.svd(x @ y.T, compute_uv=False).sum()
    spread = np.square(x).sum() + np.square(y).sum()
    return float(shift @ shift + spread - 2 * root)


def inception() -> nn.Module:
    """Inception network of FID: images (B, 3, 299, 299), RGB in -1..1, to
    features (B, 2048).

    Raises:
        CheckpointError: If its weights are missing or others.
    """
    # On the meta device: nothing is filled with random numbers first.
    with warnings.catch_warnings(), torch.device('meta'):
        warnings.simplefilter('ignore')
        net = fid_inception_v3(load_ckpt=False)
    weights = read_weights(FID_WEIGHTS_URL)
    try:
        net.load_state_dict(weights, assign=True)
    except RuntimeError as error:
        raise CheckpointError(
            f'The weights of FID must be those of {FID_WEIGHTS_URL}, got a '
            f'file with {len(weights)} other entries: replace it.'
        ) from error
    net.fc = nn.Identity()
    return net.eval().requires_grad_(False)


def _resized(image: Tensor) -> Tensor:
    image = eight_bits(image).float().cpu().flip(0).expand(3, -1, -1)
    channels = [
        np.asarray(
            Image.fromarray(channel).resize(
                (_SIDE, _SIDE), Image.Resampling.BICUBIC
            )
        )
        for channel in image.contiguous().numpy()
    ]
    return (torch.from_numpy(np.stack(channels)).clamp(0, 255) - 128) / 128
