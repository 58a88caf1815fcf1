"""The BSRGAN degradations as transforms: the LQ image from the GT image."""

from dataclasses import asdict, fields

import numpy as np
from mmcv.transforms import BaseTransform

from adacode_mm.core.exceptions import ConfigError, InputError
from adacode_mm.data.transforms.degradations.bsrgan import degrade_bsrgan
from adacode_mm.data.transforms.degradations.bsrgan_plus import (
    degrade_bsrgan_plus,
    unsharp_masked,
)
from adacode_mm.data.transforms.degradations.settings import (
    BSRGANPlusSettings,
    BSRGANSettings,
)
from adacode_mm.registry import TRANSFORMS


@TRANSFORMS.register_module()
class BSRGANDegradation(BaseTransform):
    """Make the LQ image from the GT image by the BSRGAN degradation.

    Halving (x4), seven shuffled steps and a last JPEG compression: Zhang et
    al., ICCV 2021, section 3, with the numbers of AdaCode's release, which
    :class:`~.degradations.BSRGANSettings` lists.

    Required keys: `gt_key`, an (H, W, 3) image in [0, 255], uint8 or float;
    `{gt_key}_channel_order`, without which it is taken for 'bgr' as anywhere
    in MMagic; `sample_idx`, which MMEngine's datasets give, if a seed is set.

    Modified keys: `gt_key`, of which rows and columns at the bottom and the
    right beyond a multiple of `scale` are cut off.

    Added keys: `lq_key` (H // scale, W // scale, 3) of the dtype of the GT
    image, whole numbers in [0, 255]; `ori_{lq_key}_shape`,
    `{lq_key}_channel_order` and `{lq_key}_color_type`.

    Args:
        scale: Whole downsampling factor.
        gt_key: Key of the image to read.
        lq_key: Key of the image to write.
        seed: None seeds each call from numpy's global random numbers, for
            training: what seeds those (MMEngine: one seed per worker) makes
            the degradations reproducible. A number gives image n of the
            dataset (`sample_idx`) the degradation of seed `seed + n` every
            time, for validation.
        settings: Probabilities and ranges that shall differ from the
            published ones, by name.

    Raises:
        ConfigError: If `scale` is not a whole number of at least 1, or a
            setting does not exist.
        InputError: If the image is not in colour or smaller than `scale`.
    """

    settings_type = BSRGANSettings

    def __init__(
        self,
        scale: int,
        gt_key: str = 'gt',
        lq_key: str = 'img',
        seed: int | None = None,
        settings: dict | None = None,
    ):
        if scale < 1 or scale != int(scale):
            raise ConfigError(
                f'{type(self).__name__} needs a whole scale of at least 1, '
                f'got {scale!r}.'
            )
        self.scale = int(scale)
        self.gt_key = gt_key
        self.lq_key = lq_key
        self.seed = seed
        self.settings = self._read(settings or {})

    def _read(self, settings):
        known = [field.name for field in fields(self.settings_type)]
        for name in settings:
            if name not in known:
                raise ConfigError(
                    f'{type(self).__name__} has no setting {name!r}: choose '
                    f'from {", ".join(known)}.'
                )
        return self.settings_type(**settings)

    def transform(self, results: dict) -> dict:
        """Add the LQ image to `results`, and crop the GT image."""
        gt = results[self.gt_key]
        if gt.ndim != 3 or gt.shape[2] != 3:
            path = results.get(f'{self.gt_key}_path', 'no path known')
            raise InputError(
                f'{self.gt_key} must be an image in colour, (H, W, 3), got '
                f"shape {gt.shape} ({path}): load it with color_type='color'."
            )
        order = results.get(f'{self.gt_key}_channel_order', 'bgr')
        # JPEG and correlated noise treat R, G and B differently.
        step = 1 if order.lower() == 'rgb' else -1
        rgb = np.ascontiguousarray(gt[..., ::step])
        unit = np.clip(rgb / np.float32(255), 0, 1, dtype=np.float32)
        gt, unit = self._ground_truth(gt, unit, step)
        lq = self._degrade(unit, self._rng(results))[..., ::step]
        lq = np.ascontiguousarray(np.rint(lq * 255).astype(gt.dtype))
        height, width = lq.shape[:2]
        results[self.gt_key] = gt[: height * self.scale, : width * self.scale]
        results[self.lq_key] = lq
        results[f'ori_{self.lq_key}_shape'] = lq.shape
        results[f'{self.lq_key}_channel_order'] = order
        results[f'{self.lq_key}_color_type'] = 'color'
        return results

    def _ground_truth(self, gt, unit, step):
        """The image to learn and the RGB image in [0, 1] to degrade."""
        return gt, unit

    def _degrade(self, unit, rng):
        return degrade_bsrgan(unit, self.scale, rng, self.settings)

    def _rng(self, results):
        if self.seed is not None:
            return np.random.default_rng(self.seed + results['sample_idx'])
        # 128 bits, so that no two samples share a stream.
        return np.random.default_rng(
            np.random.randint(0, 2**32, size=4, dtype=np.uint32)
        )

    def __repr__(self) -> str:
        default = asdict(self.settings_type())
        settings = {
            name: value
            for name, value in asdict(self.settings).items()
            if value != default[name]
        }
        return (
            f'{type(self).__name__}(scale={self.scale}, '
            f'gt_key={self.gt_key!r}, lq_key={self.lq_key!r}, '
            f'seed={self.seed}, settings={settings})'
        )


@TRANSFORMS.register_module()
class BSRGANPlus(BSRGANDegradation):
    """Make the LQ image by the "plus" variant of the BSRGAN degradation.

    Two rounds of blur, resizing and noise, and Poisson and speckle noise. See
    `degradations/bsrgan_plus.py` for what of it comes from papers and what is
    our reading. Keys and arguments are those of :class:`BSRGANDegradation`,
    and one more.

    Args:
        sharpen_gt: Sharpen the GT image by unsharp masking before it is
            degraded, so that a network learns to sharpen. False leaves the
            GT image as it is, for test sets.
        **kwargs: As in :class:`BSRGANDegradation`.
    """

    settings_type = BSRGANPlusSettings

    def __init__(self, scale: int, sharpen_gt: bool = True, **kwargs):
        super().__init__(scale, **kwargs)
        self.sharpen_gt = sharpen_gt

    def _ground_truth(self, gt, unit, step):
        if not self.sharpen_gt:
            return gt, unit
        unit = unsharp_masked(unit)
        sharp = (unit * 255)[..., ::step]
        if np.issubdtype(gt.dtype, np.integer):
            sharp = np.rint(sharp)
        return np.ascontiguousarray(sharp.astype(gt.dtype)), unit

    def _degrade(self, unit, rng):
        return degrade_bsrgan_plus(unit, self.scale, rng, self.settings)

    def __repr__(self) -> str:
        text = super().__repr__()
        return f'{text[:-1]}, sharpen_gt={self.sharpen_gt})'
