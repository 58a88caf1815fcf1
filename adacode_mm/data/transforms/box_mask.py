"""Holes that are given as boxes."""

from collections.abc import Sequence

import numpy as np
from mmcv.transforms import BaseTransform

from adacode_mm.core.exceptions import ConfigError, InputError
from adacode_mm.registry import TRANSFORMS


@TRANSFORMS.register_module()
class BoxMask(BaseTransform):
    """Make a mask of boxes.

    Required keys: `gt_key`, an (H, W, C) image.

    Added keys: `mask_key`, uint8 (H, W, 1), 1 in the holes and 0 elsewhere, as
    MMagic's `LoadMask` gives it.

    Args:
        boxes: (x, y, width, height) of each in pixels, x and y those of the
            upper left corner. What lies outside of the image is cut off.
        gt_key: Key of the image that gives the size.
        mask_key: Key of the mask to write.

    Raises:
        ConfigError: If there is no box, or one has no area.
        InputError: If a box lies outside of the image altogether.
    """

    def __init__(
        self,
        boxes: Sequence[tuple[int, int, int, int]],
        gt_key: str = 'gt',
        mask_key: str = 'mask',
    ):
        boxes = [tuple(box) for box in boxes]
        for box in boxes or [()]:
            whole = all(isinstance(n, int | np.integer) for n in box)
            if len(box) != 4 or not whole or min(box[2:]) < 1:
                raise ConfigError(
                    f'A box must be (x, y, width, height) in whole pixels '
                    f'with a width and height of at least 1, got {box}.'
                )
        self.boxes = boxes
        self.gt_key = gt_key
        self.mask_key = mask_key

    def transform(self, results: dict) -> dict:
        """Add the mask to `results`."""
        height, width = results[self.gt_key].shape[:2]
        mask = np.zeros((height, width, 1), np.uint8)
        for x, y, w, h in self.boxes:
            if x >= width or y >= height or x + w <= 0 or y + h <= 0:
                raise InputError(
                    f'A box must overlap the image, {width}x{height} (width '
                    f'x height), got (x, y, width, height) = '
                    f'{(x, y, w, h)}: move it or leave it out.'
                )
            mask[max(y, 0) : y + h, max(x, 0) : x + w] = 1
        results[self.mask_key] = mask
        return results

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(boxes={self.boxes}, '
            f'gt_key={self.gt_key!r}, mask_key={self.mask_key!r})'
        )
