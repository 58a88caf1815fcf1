import cv2
import numpy as np
import pytest

from adacode_mm.core.exceptions import InputError
from adacode_mm.data.labelling.patch_clusters import (
    DIRECTIONS,
    cluster,
    patch_features,
)


def stripes(angle, size=64, period=8):
    """Stripes whose brightness changes along a direction, in degrees."""
    rows, columns = np.mgrid[:size, :size]
    along = np.cos(np.radians(angle)) * columns
    along = along + np.sin(np.radians(angle)) * rows
    wave = 127.5 + 100 * np.sin(2 * np.pi * along / period)
    return np.repeat(wave[..., None], 3, 2).astype(np.uint8)


def features_of(image, folder):
    path = folder / 'patch.png'
    cv2.imwrite(str(path), image)
    return patch_features(path)


@pytest.mark.parametrize('angle, nearest', [(0, 0), (45, 2), (90, 4)])
def test_edges_are_counted_by_direction(angle, nearest, tmp_path):
    found = features_of(stripes(angle), tmp_path)
    assert found.shape == (6 + 2 * (DIRECTIONS + 2),)
    shares = found[8 : 8 + DIRECTIONS]
    assert shares.argmax() == nearest
    assert shares[nearest] > 0.8
    assert shares.sum() == pytest.approx(1, abs=1e-3)


def test_colours_by_hand(tmp_path):
    flat = np.full((32, 32, 3), (0, 0, 255), np.uint8)  # red, in BGR
    found = features_of(flat, tmp_path)
    # CIELAB of sRGB red; no deviation, no edges.
    assert found[:3] == pytest.approx([53.24, 80.09, 67.20], abs=0.05)
    assert found[3:6] == pytest.approx([0, 0, 0], abs=1e-3)
    assert found[6:] == pytest.approx(0, abs=1e-3)


def test_what_looks_alike_comes_together(tmp_path):
    rng = np.random.default_rng(0)
    kinds = {
        'red': lambda: np.full((64, 64, 3), (20, 20, 200), np.uint8),
        'upright': lambda: stripes(0),
        'lying': lambda: stripes(90),
    }
    names = ['red'] * 3 + ['upright'] * 6 + ['lying'] * 4
    rng.shuffle(names)
    rows = []
    for name in names:
        noise = rng.integers(-5, 6, (64, 64, 3))
        image = np.clip(kinds[name]() + noise, 0, 255).astype(np.uint8)
        rows.append(features_of(image, tmp_path))
    labels = cluster(np.stack(rows), 3)
    # The largest group first.
    number = {'upright': 0, 'lying': 1, 'red': 2}
    assert labels.tolist() == [number[name] for name in names]
    assert cluster(np.stack(rows), 3).tolist() == labels.tolist()


def test_too_few_patches():
    with pytest.raises(InputError, match=r'5 groups .* got 2'):
        cluster(np.zeros((2, 26), np.float32), 5)


def test_a_file_that_is_no_image(tmp_path):
    path = tmp_path / 'patch.png'
    path.write_text('no image')
    with pytest.raises(InputError, match=str(path)):
        patch_features(path)
