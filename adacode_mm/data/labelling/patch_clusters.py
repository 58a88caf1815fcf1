"""Groups of patches that look alike, where no segmentation can be had.

AdaCode labels patches with SegFormer (Liu et al., ICCV 2023, section 3.1).
Without its weights, k-means on what a codebook is about, colours and the
strength and direction of edges, gives groups to learn codebooks from.
"""

from pathlib import Path

import cv2
import numpy as np

from adacode_mm.core.exceptions import InputError
from adacode_mm.data.preparation.read_image import read_image

DIRECTIONS = 8
_SCALES = 2
_EDGES = _SCALES * (DIRECTIONS + 2)
# There are many of them; colours are only six numbers.
_EDGE_FACTOR = 0.7
_ROUNDS, _ATTEMPTS, _TOLERANCE = 200, 10, 1e-6
_EPSILON = 1e-6


def patch_features(path: Path) -> np.ndarray:
    """Describe a patch.

    Args:
        path: An image file.

    Returns:
        Mean and standard deviation of CIELAB (6 numbers), then at full and
        half size of the lightness: mean strength of edges (its logarithm),
        its deviation, and its share in each of 8 directions; (26,), float32.

    Raises:
        InputError: If the file is no image.
    """
    try:
        rgb, _ = read_image(path)
    except InputError as error:
        raise InputError(f'{path}: {error} Make the patches again.') from None
    lab = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    parts = [lab.mean((0, 1)), lab.std((0, 1))]
    light = lab[..., 0]
    for _ in range(_SCALES):
        parts += _edge_features(light)
        light = cv2.resize(
            light, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA
        )
    return np.concatenate(parts).astype(np.float32)


def _edge_features(light):
    dx, dy = cv2.Sobel(light, -1, 1, 0), cv2.Sobel(light, -1, 0, 1)
    strength = np.hypot(dx, dy)
    angle = np.arctan2(dy, dx) % np.pi / np.pi * DIRECTIONS
    nearest = np.rint(angle).astype(int) % DIRECTIONS
    shares = np.bincount(nearest.ravel(), strength.ravel(), DIRECTIONS)
    mean = strength.mean()
    yield [np.log1p(mean), strength.std() / (mean + 1)]
    yield shares / (shares.sum() + _EPSILON)


def cluster(features: np.ndarray, groups: int, seed: int = 0) -> np.ndarray:
    """Sort into groups by k-means.

    Args:
        features: One row a patch, of `patch_features`: (N, 26).
        groups: Number of groups.
        seed: Of the first centres.

    Returns:
        Number of the group of every row, (N,), from 0, the largest first.

    Raises:
        InputError: If there are fewer rows than groups.
    """
    if len(features) < groups:
        raise InputError(
            f'{groups} groups need at least as many patches, got '
            f'{len(features)}: give more photographs.'
        )
    deviation = features.std(0) + _EPSILON
    values = ((features - features.mean(0)) / deviation).astype(np.float32)
    values[:, -_EDGES:] *= _EDGE_FACTOR
    cv2.setRNGSeed(seed)
    until = (
        cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_MAX_ITER,
        _ROUNDS,
        _TOLERANCE,
    )
    _, labels, _ = cv2.kmeans(
        values, groups, None, until, _ATTEMPTS, cv2.KMEANS_PP_CENTERS
    )
    labels = labels.ravel()
    order = np.argsort(-np.bincount(labels, minlength=groups), kind='stable')
    return np.argsort(order)[labels]
