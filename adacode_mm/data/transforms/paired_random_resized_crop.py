"""Random resize and crop of a GT image together with its LQ image."""

import cv2
import mmcv
import numpy as np
from mmcv.transforms import BaseTransform

from adacode_mm.core.exceptions import ConfigError, InputError
from adacode_mm.registry import TRANSFORMS

# Source pixels on each side that cv2's bicubic kernel reads.
CUBIC_RADIUS = 2


@TRANSFORMS.register_module()
class PairedRandomResizedCrop(BaseTransform):
    """Shrink GT and LQ alike by a random factor, then crop them alike.

    The shorter side of the GT image is resized (cv2 bicubic) to a random
    multiple of `scale` between `gt_patch_size` and what it was, the longer
    one in proportion, and a random `gt_patch_size` square is cut out. This is
    the augmentation of the released AdaCode training code, which takes the
    height for the shorter side and does not clip the overshoots of the cubic
    kernel: here images that are not square work, and values stay legal.

    Required keys: `gt_key` (H, W, C); `lq_key` (H / scale, W / scale, C) and
    `mask_key` (H, W, 1) unless they are None. The random numbers are
    numpy's global ones.

    Modified keys: the same. A mask is 1 wherever the bicubic kernel has mixed
    some of a hole into the image, so GT and LQ agree outside of it.

    Args:
        gt_patch_size: Side of the GT crop in pixels.
        scale: GT size over LQ size.
        gt_key: Key of the GT image.
        lq_key: Key of the LQ image; None if it is made after the crop.
        mask_key: Key of a mask with 1 in the holes; None for no mask.
        value_range: Legal values, to which the results are clipped.

    Raises:
        ConfigError: If `gt_patch_size` is no multiple of `scale`.
        InputError: If the image is smaller than the crop, or the LQ image or
            the mask does not have the size that follows from the GT image.
    """

    def __init__(
        self,
        gt_patch_size: int = 256,
        scale: int = 1,
        gt_key: str = 'gt',
        lq_key: str | None = 'img',
        mask_key: str | None = None,
        value_range: tuple[float, float] = (0, 255),
    ):
        if scale < 1 or gt_patch_size < 1 or gt_patch_size % scale:
            raise ConfigError(
                f'gt_patch_size must be a positive multiple of scale, got '
                f'gt_patch_size={gt_patch_size} and scale={scale}.'
            )
        self.gt_patch_size = gt_patch_size
        self.scale = scale
        self.gt_key = gt_key
        self.lq_key = lq_key
        self.mask_key = mask_key
        self.value_range = value_range

    def transform(self, results: dict) -> dict:
        """Resize and crop the images of `results`."""
        factors = {self.gt_key: 1}  # GT size over the size of the image
        if self.lq_key is not None:
            factors[self.lq_key] = self.scale
        if self.mask_key is not None:
            factors[self.mask_key] = 1
        self._check(results, factors)
        # All sizes and positions are counted in LQ pixels, so that they are
        # whole numbers for both images.
        patch = self.gt_patch_size // self.scale
        height, width = self._draw_size(results[self.gt_key].shape)
        top = np.random.randint(height - patch + 1)
        left = np.random.randint(width - patch + 1)
        for key, factor in factors.items():
            unit = self.scale // factor
            size = (height * unit, width * unit)
            image = self._resize(results[key], *size, key == self.mask_key)
            y, x, side = top * unit, left * unit, patch * unit
            # A copy: the whole image can be freed, and flips work in place.
            results[key] = image[y : y + side, x : x + side].copy()
        return results

    def _draw_size(self, shape):
        """New height and width in LQ pixels."""
        short = min(shape[:2])
        side = np.random.randint(self.gt_patch_size, short + 1) // self.scale
        ratio = side / short
        return [side if n == short else round(n * ratio) for n in shape[:2]]

    def _resize(self, image, height, width, is_mask):
        if image.shape[:2] == (height, width):
            return image
        if is_mask:
            kernel = np.ones([2 * CUBIC_RADIUS + 1] * 2, np.uint8)
            grown = cv2.dilate(image, kernel)
            resized = cv2.resize(
                grown, (width, height), interpolation=cv2.INTER_NEAREST_EXACT
            )
        else:
            resized = mmcv.imresize(
                image, (width, height), interpolation='bicubic', backend='cv2'
            )
            resized = resized.clip(*self.value_range).astype(image.dtype)
        # cv2 drops the axis of a single channel.
        return resized.reshape(height, width, -1)

    def _check(self, results, factors):
        height, width = results[self.gt_key].shape[:2]
        path = results.get(f'{self.gt_key}_path', 'no path known')
        if min(height, width) < self.gt_patch_size:
            raise InputError(
                f'{self.gt_key} must be at least {self.gt_patch_size} pixels '
                f'high and wide, got {height}x{width} ({path}): leave the '
                f'image out or choose a smaller gt_patch_size.'
            )
        for key, factor in factors.items():
            size = results[key].shape[:2]
            if (size[0] * factor, size[1] * factor) != (height, width):
                raise InputError(
                    f'{key} must be exactly {factor} times smaller than '
                    f'{self.gt_key} ({height}x{width}), got {size[0]}x'
                    f'{size[1]} ({path}): check the pairing and the scale.'
                )

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(gt_patch_size={self.gt_patch_size}, '
            f'scale={self.scale}, gt_key={self.gt_key!r}, '
            f'lq_key={self.lq_key!r}, mask_key={self.mask_key!r}, '
            f'value_range={self.value_range})'
        )
