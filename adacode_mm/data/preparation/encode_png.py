"""The PNG file of an image."""

import cv2
import numpy as np

COMPRESSION = 3  # as the release


def encode_png(image: np.ndarray) -> bytes:
    """Encode an image, without loss.

    Args:
        image: (H, W, 3) RGB or (H, W), uint8.

    Returns:
        Content of a PNG file; equal for equal images and the same OpenCV.
    """
    if image.ndim == 3:
        image = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    _, content = cv2.imencode(
        '.png', image, [cv2.IMWRITE_PNG_COMPRESSION, COMPRESSION]
    )
    return content.tobytes()
