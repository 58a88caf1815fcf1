"""What of an image is compared: a luma, or all channels."""

import mmcv
import numpy as np
import torch
from torch import Tensor

# Luma of YIQ, for BGR, full range: 255 for white.
_YIQ = np.array([0.114, 0.587, 0.299])


def planes(
    gt: Tensor, pred: Tensor, color: str, crop_border: int
) -> tuple[np.ndarray, np.ndarray]:
    """Both images as they are compared.

    Where the ground truth is gray (one channel, or three equal ones), its
    values are the luma, and the prediction's luma is of full range, too: the
    studio range would add 1.32 dB to such an image.

    Args:
        gt: Ground truth (3, H, W), BGR, or (1, H, W), in 0..255.
        pred: Prediction, likewise, of the same height and width. It is
            clipped and rounded, as it would be in a file.
        color: As in `Protocol`.
        crop_border: Pixels left out at every side.

    Returns:
        Two arrays (H, W), or (H, W, 3) for 'RGB', in BGR, float32 (float64
        for 'YIQ'). They are empty if nothing is left of the image.
    """
    gt, pred = _as_array(gt), _as_array(eight_bits(pred))
    if color == 'RGB':
        channels = max(gt.shape[2], pred.shape[2])
        gt, pred = (
            np.broadcast_to(x, (*x.shape[:2], channels)) for x in (gt, pred)
        )
    else:
        full_range = color == 'YIQ' or _is_gray(gt)
        gt, pred = (
            _full_range(x) if full_range or x.shape[2] == 1 else _studio(x)
            for x in (gt, pred)
        )
        if color == 'Y-plane':
            gt, pred = gt.round(), pred.round()
    return cropped(gt, crop_border), cropped(pred, crop_border)


def cropped(image: np.ndarray, border: int) -> np.ndarray:
    """`image` (H, W) or (H, W, C) without a border at every side."""
    rows, columns = (
        slice(border, max(n - border, border)) for n in image.shape[:2]
    )
    return image[rows, columns]


def eight_bits(image: Tensor) -> Tensor:
    """An image in 0..255, clipped and rounded as it would be in a file."""
    if image.dtype == torch.uint8:
        return image
    return image.float().clamp(0, 255).round()


def _as_array(image: Tensor) -> np.ndarray:
    return image.float().cpu().permute(1, 2, 0).numpy()


def _is_gray(image: np.ndarray) -> bool:
    return bool((image == image[..., :1]).all())


def _studio(image: np.ndarray) -> np.ndarray:
    return mmcv.bgr2ycbcr(image / 255.0, y_only=True) * 255.0


def _full_range(image: np.ndarray) -> np.ndarray:
    if image.shape[2] == 1:
        return image[..., 0].astype(np.float64)
    return image.astype(np.float64) @ _YIQ
