"""Images as MMagic's metrics get them, from the photographs of the tests."""

from pathlib import Path

import cv2
import numpy as np
import torch

PHOTOS = Path(__file__).parent / 'data' / 'photos'


def tensor(image):
    """BGR (H, W, 3) or gray (H, W) of OpenCV as (3 or 1, H, W)."""
    return torch.from_numpy(np.atleast_3d(image).copy()).permute(2, 0, 1)


def photo(name, gray=False):
    """A photograph, uint8."""
    flag = cv2.IMREAD_GRAYSCALE if gray else cv2.IMREAD_COLOR
    return cv2.imread(str(PHOTOS / name), flag)


def blurred(image, seed=0):
    """An image with blur and noise, uint8."""
    noise = np.random.default_rng(seed).normal(0, 4, image.shape)
    image = cv2.GaussianBlur(image, (5, 5), 1.5) + noise
    return image.round().clip(0, 255).astype(np.uint8)


def scores(metric, pairs, **others):
    """Mean and values of a metric over pairs (gt, pred) of OpenCV images."""
    for gt, pred in pairs:
        sample = {'gt_img': tensor(gt), 'pred_img': tensor(pred)}
        metric.process(None, [sample | others])
    return metric.evaluate()
