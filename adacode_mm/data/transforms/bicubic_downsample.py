"""Low-quality image by MATLAB-like bicubic downsampling."""

import numpy as np
from mmagic.datasets.transforms import MATLABLikeResize
from mmcv.transforms import BaseTransform

from adacode_mm.core.exceptions import ConfigError, InputError
from adacode_mm.registry import TRANSFORMS


@TRANSFORMS.register_module()
class BicubicDownsample(BaseTransform):
    """Make the LQ image from the GT image, as the SR benchmarks do.

    MMagic's `MATLABLikeResize`, then clipped to [0, 255], rounded and cast
    back, so that the result equals an 8-bit LR file that was loaded from
    disk. Unlike a bare `MATLABLikeResize` it leaves `results['scale']` alone
    and hands on the channel order, without which MMagic's `DataPreprocessor`
    takes the LQ image for BGR.

    Required keys: `gt_key`, an (H, W, C) image in [0, 255], uint8 or float;
    H and W are multiples of `scale` (MMagic's `ModCrop` sees to it).

    Added keys: `lq_key` (H / scale, W / scale, C) of the dtype of the GT
    image, whole numbers in [0, 255]; `ori_{lq_key}_shape`, and
    `{lq_key}_channel_order` and `{lq_key}_color_type` if the GT image has
    them.

    Args:
        scale: Whole downsampling factor.
        gt_key: Key of the image to read.
        lq_key: Key of the image to write.

    Raises:
        ConfigError: If `scale` is not a whole number of at least 1.
        InputError: If the image's size is no multiple of `scale`.
    """

    def __init__(self, scale: int, gt_key: str = 'gt', lq_key: str = 'img'):
        if scale < 1 or scale != int(scale):
            raise ConfigError(
                f'BicubicDownsample needs a whole scale of at least 1, '
                f'got {scale!r}.'
            )
        self.scale = int(scale)
        self.gt_key = gt_key
        self.lq_key = lq_key

    def transform(self, results: dict) -> dict:
        """Add the LQ image to `results`."""
        gt = results[self.gt_key]
        height, width = gt.shape[:2]
        if height % self.scale or width % self.scale:
            raise InputError(
                f'{self.gt_key} must have a height and width that are '
                f'multiples of {self.scale}, got {height}x{width}: put '
                f"dict(type='SetValues', dictionary=dict(scale="
                f"{self.scale})) and dict(type='ModCrop', "
                f"key='{self.gt_key}') before BicubicDownsample."
            )
        # By shape and not by 1 / scale: 1 / 3 can round up to one row more.
        resize = MATLABLikeResize(
            keys=['lq'],
            output_shape=(height // self.scale, width // self.scale),
        )
        lq = resize.transform({'lq': gt})['lq']
        lq = np.clip(np.round(lq), 0, 255).astype(gt.dtype)
        results[self.lq_key] = lq
        results[f'ori_{self.lq_key}_shape'] = lq.shape
        for name in ('channel_order', 'color_type'):
            if f'{self.gt_key}_{name}' in results:
                results[f'{self.lq_key}_{name}'] = results[
                    f'{self.gt_key}_{name}'
                ]
        return results

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(scale={self.scale}, '
            f'gt_key={self.gt_key!r}, lq_key={self.lq_key!r})'
        )
