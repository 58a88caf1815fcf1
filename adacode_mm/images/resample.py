"""Pictures of another size, by Lanczos."""

import numpy as np
from PIL import Image

from .picture import Picture


def resampled(picture: Picture, size: tuple[int, int]) -> Picture:
    """A picture resampled by Pillow's Lanczos filter, which has no aliases.

    Args:
        picture: Any.
        size: Height and width of the result.

    Returns:
        The picture; colours under transparency count by their opacity.
    """
    pixels, alpha = picture.pixels, picture.alpha
    if alpha is None:
        return picture._replace(pixels=_planes(pixels, size))
    opacity = _planes(alpha[..., None], size)
    weighted = _planes(pixels * alpha[..., None], size)
    # Where nothing can be seen, the colours stay what they are around.
    plain = _planes(pixels, size)
    seen = opacity > 1e-3
    pixels = np.where(seen, weighted / np.where(seen, opacity, 1), plain)
    return picture._replace(
        pixels=np.clip(pixels, 0, 1), alpha=opacity[..., 0]
    )


def _planes(values, size):
    planes = [
        Image.fromarray(np.ascontiguousarray(values[..., k], np.float32))
        for k in range(values.shape[-1])
    ]
    resized = [
        np.asarray(each.resize(size[::-1], Image.Resampling.LANCZOS))
        for each in planes
    ]
    return np.clip(np.stack(resized, axis=-1), 0, 1)
