"""MMagic's random masks, at the size of each image."""

import numpy as np
from mmagic.utils import bbox2mask, random_bbox
from mmagic.utils import brush_stroke_mask as free_form_mask
from mmagic.utils.trans_utils import random_irregular_mask
from mmcv.transforms import BaseTransform

from adacode_mm.core.exceptions import ConfigError, InputError
from adacode_mm.registry import TRANSFORMS

MODES = ('bbox', 'irregular', 'ff')
MAX_TRIES = 1000


@TRANSFORMS.register_module()
class RandomMask(BaseTransform):
    """Draw a random mask of one of MMagic's kinds.

    What MMagic's `LoadMask` draws, but the size comes from the image and not
    from the config, and both free-form kinds are drawn on a square and cut
    out of its middle where the image is not square, since MMagic mixes up
    their axes: parts of other images would never be masked.

    Required keys: `gt_key`, an (H, W, C) image; `sample_idx`, which MMEngine's
    datasets give, if a seed is set.

    Added keys: `mask_key`, uint8 (H, W, 1), 1 in the holes and 0 elsewhere.

    Args:
        mode: 'bbox', a box; 'irregular', strokes in all directions until a
            share of the image is covered; 'ff', the free-form zigzag strokes
            of DeepFill v2.
        mask_config: Arguments of MMagic's function, without `img_shape`, for
            example `dict(max_bbox_shape=128)` or `dict(brush_width=(4, 12))`.
        seed: None draws with numpy's global random numbers, for training. A
            number gives image n of the dataset (`sample_idx`) the mask of
            seed `seed + n` every time, for validation.
        gt_key: Key of the image that gives the size.
        mask_key: Key of the mask to write.

    Raises:
        ConfigError: If `mode` is unknown or `mask_config` has a size.
        InputError: If the image is too small for the mask, or no mask covers
            the share of it that is asked for.
    """

    def __init__(
        self,
        mode: str,
        mask_config: dict | None = None,
        seed: int | None = None,
        gt_key: str = 'gt',
        mask_key: str = 'mask',
    ):
        if mode not in MODES:
            raise ConfigError(f'mode must be one of {MODES}, got {mode!r}.')
        if 'img_shape' in (mask_config or {}):
            raise ConfigError(
                'RandomMask takes the size from each image, but mask_config '
                'has an img_shape: leave it out.'
            )
        self.mode = mode
        # MMagic's functions refuse lists, which the command line gives.
        self.mask_config = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in (mask_config or {}).items()
        }
        self.seed = seed
        self.gt_key = gt_key
        self.mask_key = mask_key

    def transform(self, results: dict) -> dict:
        """Add the mask to `results`."""
        shape = results[self.gt_key].shape[:2]
        if self.seed is None:
            results[self.mask_key] = self._draw(shape)
            return results
        # MMagic's functions know only numpy's global random numbers.
        state = np.random.get_state()
        try:
            np.random.seed(self.seed + results['sample_idx'])
            results[self.mask_key] = self._draw(shape)
        finally:
            np.random.set_state(state)
        return results

    def _draw(self, shape):
        if self.mode == 'bbox':
            try:
                box = random_bbox(shape, **self.mask_config)
            except ValueError as error:
                raise InputError(
                    f'The box must fit the image: {error}; choose a smaller '
                    f'max_bbox_shape, max_bbox_delta or min_margin.'
                ) from None
            return bbox2mask(shape, box)
        if self.mode == 'ff':
            return _on_square(free_form_mask, shape, self.mask_config)
        return self._irregular(shape, **self.mask_config)

    def _irregular(self, shape, area_ratio_range=(0.15, 0.5), **config):
        """MMagic's `get_irregular_mask`, which would try without end."""
        low, high = area_ratio_range
        for _ in range(MAX_TRIES):
            mask = _on_square(random_irregular_mask, shape, config)
            if low < mask.mean() < high:
                return mask
        raise InputError(
            f'An irregular mask must cover {low} to {high} of the image, but '
            f'none of {MAX_TRIES} did for {shape[1]}x{shape[0]} (width x '
            f'height): change area_ratio_range, length_range or brush_width.'
        )

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(mode={self.mode!r}, '
            f'mask_config={self.mask_config}, seed={self.seed}, '
            f'gt_key={self.gt_key!r}, mask_key={self.mask_key!r})'
        )


def _on_square(draw, shape, config):
    side = max(shape)
    top, left = (side - shape[0]) // 2, (side - shape[1]) // 2
    mask = draw((side, side), **config)
    # A copy, so that no larger array stays alive behind it.
    return mask[top : top + shape[0], left : left + shape[1]].copy()
