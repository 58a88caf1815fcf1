"""Masks that a person has painted, from files of any kind."""

import numpy as np
from mmcv.transforms import BaseTransform
from mmengine import fileio

from adacode_mm.core.exceptions import ConfigError, InputError
from adacode_mm.images.decode_file import decode_file
from adacode_mm.images.read_picture import unit_range
from adacode_mm.registry import TRANSFORMS

CHANNELS = ('luma', 'alpha')
HOLES = ('light', 'dark')
LUMA = np.float32((0.299, 0.587, 0.114))  # Rec. 601


def read_mask(
    path: str,
    channel: str = 'luma',
    hole: str = 'light',
    threshold: int = 128,
) -> np.ndarray:
    """Read the holes from a picture.

    Args:
        path: File of any kind that `decode_file` reads.
        channel: 'luma' takes the brightness of the picture, on black where it
            is transparent; 'alpha' its opacity.
        hole: Whether 'light' (opaque) or 'dark' (transparent) pixels are
            holes.
        threshold: Pixels of at least this, of 255, are light.

    Returns:
        uint8 (H, W, 1): 1 in the holes, 0 elsewhere.

    Raises:
        InputError: If the file cannot be read, or has no alpha channel where
            one is asked for.
    """
    try:
        found = decode_file(fileio.get(path))
    except (OSError, InputError) as error:
        if isinstance(error, FileNotFoundError):
            error = 'there is no such file'
        raise InputError(
            f'The mask {path!r} must be a picture that can be read: '
            f'{str(error).rstrip(".")}.'
        ) from None
    if channel == 'alpha' and found.alpha is None:
        raise InputError(
            f"The mask {path!r} must have an alpha channel for channel='alpha'"
            f', but it has none: save it with one, or take '
            f"channel='luma'."
        )
    level = _luma(found) if channel == 'luma' else unit_range(found.alpha)
    light = level * 255 + 1e-3 >= threshold  # float32 rounds
    return (light if hole == 'light' else ~light).astype(np.uint8)[..., None]


def _luma(found):
    """(H, W) in [0, 1], on black where it is transparent."""
    pixels = unit_range(found.pixels)
    luma = pixels if pixels.ndim == 2 else pixels @ LUMA
    return luma if found.alpha is None else luma * unit_range(found.alpha)


@TRANSFORMS.register_module()
class LoadMaskFile(BaseTransform):
    """Load a mask that was painted by hand.

    MMagic's `LoadMask` ('file') takes every value above 0 for a hole, and so
    the noise around the edges of a JPEG, reads only the first channel, and
    lets a mask of another size than the image through.

    Required keys: `{mask_key}_path`, unless `path` is given (a dataset with
    `data_prefix=dict(gt='photos', mask='masks')` adds it); `gt_key`, an
    (H, W, C) image of the mask's size.

    Added keys: `mask_key`, uint8 (H, W, 1), 1 in the holes and 0 elsewhere;
    `{mask_key}_path`.

    Args:
        path: File with the mask of every image; None for one mask an image.
        channel: See :func:`read_mask`, as `hole` and `threshold`.
        hole: Whether 'light' or 'dark' pixels are holes.
        threshold: Pixels of at least this, of 255, are light.
        gt_key: Key of the image that the mask belongs to.
        mask_key: Key of the mask to write.

    Raises:
        ConfigError: If an argument has none of the values above.
        InputError: If the mask cannot be read or has another size than the
            image.
    """

    def __init__(
        self,
        path: str | None = None,
        channel: str = 'luma',
        hole: str = 'light',
        threshold: int = 128,
        gt_key: str = 'gt',
        mask_key: str = 'mask',
    ):
        for name, value, known in (
            ('channel', channel, CHANNELS),
            ('hole', hole, HOLES),
        ):
            if value not in known:
                raise ConfigError(
                    f'{name} must be one of {known}, got {value!r}.'
                )
        if not 0 < threshold <= 255:
            raise ConfigError(
                f'threshold must lie between 1 and 255, got {threshold}.'
            )
        self.path = path
        self.channel = channel
        self.hole = hole
        self.threshold = threshold
        self.gt_key = gt_key
        self.mask_key = mask_key

    def transform(self, results: dict) -> dict:
        """Add the mask to `results`."""
        path = self.path or results.get(f'{self.mask_key}_path')
        if path is None:
            raise InputError(
                f'LoadMaskFile needs the path of a mask: give it `path`, or '
                f'name a folder of masks in the dataset with data_prefix='
                f"dict({self.mask_key}='...')."
            )
        mask = read_mask(path, self.channel, self.hole, self.threshold)
        size = results[self.gt_key].shape[:2]
        if mask.shape[:2] != size:
            raise InputError(
                f'The mask {path!r} must have the size of the image, '
                f'{size[1]}x{size[0]} (width x height), got {mask.shape[1]}x'
                f'{mask.shape[0]}: paint it on a copy of the image.'
            )
        results[self.mask_key] = mask
        results[f'{self.mask_key}_path'] = path
        return results

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(path={self.path!r}, '
            f'channel={self.channel!r}, hole={self.hole!r}, '
            f'threshold={self.threshold}, gt_key={self.gt_key!r}, '
            f'mask_key={self.mask_key!r})'
        )
