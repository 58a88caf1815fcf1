"""An image tensor as a picture."""

import numpy as np
from torch import Tensor

from adacode_mm.core.exceptions import InputError


def to_picture(image: Tensor) -> np.ndarray:
    """Clip an RGB image to [0, 1] and make it an 8-bit picture.

    Args:
        image: (3, H, W) or (1, 3, H, W), nominal range [0, 1].

    Returns:
        uint8 RGB (H, W, 3); halves are rounded to even, as in the released
        inference script.

    Raises:
        InputError: If the tensor has another shape.
    """
    if image.ndim == 4 and len(image) == 1:
        image = image[0]
    if image.ndim != 3 or len(image) != 3:
        raise InputError(
            f'Expected one RGB image (3, H, W), got a tensor of shape '
            f'{tuple(image.shape)}: pass one image of the batch.'
        )
    image = image.detach().float().clamp(0, 1).mul(255).round()
    return image.byte().permute(1, 2, 0).cpu().contiguous().numpy()
