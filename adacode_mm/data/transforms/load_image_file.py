"""Images from files of every kind, read as everywhere in this package."""

import os

import numpy as np
from mmagic.datasets.transforms import LoadImageFromFile
from mmengine.fileio import get_file_backend

from adacode_mm.core.exceptions import InputError
from adacode_mm.data.preparation.read_image import decode_image
from adacode_mm.registry import TRANSFORMS


@TRANSFORMS.register_module()
class LoadImageFile(LoadImageFromFile):
    """Load an image as 8-bit RGB.

    As MMagic's `LoadImageFromFile`, but with the reader of this package:
    16 bits are rounded, planes, palettes and CMYK are right, and a damaged
    file is named in a sentence. OpenCV turns some of these into noise.

    Required keys: `{key}_path`.

    Added keys: `key`, uint8 (H, W, 3), and what `LoadImageFromFile` adds.

    Args:
        key: Of the image.
        channel_order: 'rgb' or 'bgr'.
        **kwargs: As for `LoadImageFromFile`, but for the way to decode.

    Raises:
        InputError: If the file cannot be read.
    """

    def __init__(self, key: str, channel_order: str = 'rgb', **kwargs):
        super().__init__(key, channel_order=channel_order, **kwargs)

    def _load_image(self, filename) -> np.ndarray:
        if self.file_backend is None:
            self.file_backend = get_file_backend(
                uri=filename, backend_args=self.backend_args
            )
        name = filename
        if (self.backend_args or {}).get('backend') == 'lmdb':
            name, _ = os.path.splitext(os.path.basename(filename))
        content = self.cache.get(name)
        try:
            if content is None:
                content = bytes(self.file_backend.get(name))
            rgb, _ = decode_image(content)
        except OSError as error:
            raise InputError(
                f'{filename} cannot be read: {error.strerror or error}.'
            ) from None
        except InputError as error:
            raise InputError(f'{filename}: {error}') from None
        if self.use_cache:
            self.cache[name] = content
        return rgb if self.channel_order == 'rgb' else rgb[..., ::-1].copy()
