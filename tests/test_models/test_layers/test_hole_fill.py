from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from adacode_mm.data.transforms.brush_stroke_mask import brush_stroke_mask
from adacode_mm.models.layers.hole_fill import (
    fill_holes,
    harmonic_fill,
    white_holes,
)

PHOTO = Path(__file__).parents[2] / 'data/photos/astronaut_256.png'


def seeded(*shape):
    return torch.rand(shape, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def images():
    return seeded(2, 3, 37, 53)


@pytest.fixture
def holes():
    noise = torch.rand(
        2, 1, 37, 53, generator=torch.Generator().manual_seed(1)
    )
    holes = noise < 0.4
    holes[:, :, 8:25, 20:44] = True
    return holes


def test_white(images, holes):
    found = fill_holes(images, holes, 'white')
    assert (found[holes.expand_as(found)] == 1).all()
    known = ~holes.expand_as(found)
    assert found[known].equal(images[known])
    assert white_holes(found).equal(holes)


def test_what_is_known_stays_and_bounds_the_rest(images, holes):
    found = fill_holes(images, holes, 'harmonic')
    known = ~holes.expand_as(found)
    assert found[known].equal(images[known])
    assert found.amin() >= images[known].amin()
    assert found.amax() <= images[known].amax()


def test_what_holes_held_is_gone(images, holes):
    other = torch.where(holes, 1 - images, images)
    found = harmonic_fill(images, holes)
    assert harmonic_fill(other, holes).equal(found)
    nothing = images.masked_fill(holes, float('nan'))
    assert harmonic_fill(nothing, holes).equal(found)


def test_images_of_a_batch_know_nothing_of_each_other(images, holes):
    holes[1] = False
    together = harmonic_fill(images, holes)
    assert together[1].equal(images[1])
    torch.testing.assert_close(
        together[:1], harmonic_fill(images[:1], holes[:1]), rtol=0, atol=1e-6
    )


def solution(image, holes):
    """Laplace's equation in the holes of an image (H, W), solved directly."""
    height, width = image.shape
    matrix, right = np.eye(height * width), image.ravel().astype(float)
    for y, x in zip(*np.nonzero(holes), strict=True):
        row = y * width + x
        matrix[row], right[row] = 0, 0
        for dy, dx in ((-1, 0), (1, 0), (0, -1), (0, 1)):
            v = min(max(y + dy, 0), height - 1)
            u = min(max(x + dx, 0), width - 1)
            matrix[row, row] += 1
            matrix[row, v * width + u] -= 1
    return np.linalg.solve(matrix, right).reshape(height, width)


@pytest.mark.parametrize('box', [(9, 21, 10, 26), (0, 12, 5, 30)])
def test_nearly_the_solution_of_laplaces_equation(box):
    top, bottom, left, right = box
    y, x = np.mgrid[:32, :40]
    image = 0.5 + 0.3 * np.sin(x / 7) * np.cos(y / 9)
    holes = np.zeros(image.shape, bool)
    holes[top:bottom, left:right] = True
    expected = solution(image, holes)
    found = harmonic_fill(
        torch.from_numpy(image)[None, None],
        torch.from_numpy(holes)[None, None],
    )[0, 0].numpy()
    error = np.abs(found - expected)[holes]
    spread = np.abs(image[holes].mean() - expected[holes]).mean()
    assert error.max() < 0.05
    assert error.mean() < 0.25 * spread


def test_closer_than_telea_on_a_photograph():
    image = cv2.imread(str(PHOTO))
    rng = np.random.RandomState(0)
    mask = brush_stroke_mask(image.shape, brush_width=(12, 40), rng=rng)
    holes = mask[..., 0] > 0
    telea = cv2.inpaint(image, np.uint8(holes), 3, cv2.INPAINT_TELEA)
    found = harmonic_fill(
        torch.from_numpy(image).permute(2, 0, 1)[None].float() / 255,
        torch.from_numpy(holes)[None, None],
    )
    found = found[0].permute(1, 2, 0).numpy() * 255

    def error(filled):
        return np.square(filled[holes].astype(float) - image[holes]).mean()

    assert error(found) < 0.9 * error(telea)


@pytest.mark.parametrize('size', [(1, 1), (1, 7), (64, 3)])
def test_nothing_known_and_everything_known(size):
    image = torch.rand(1, 3, *size)
    nothing = torch.ones(1, 1, *size, dtype=torch.bool)
    assert (harmonic_fill(image, nothing) == 0).all()
    assert harmonic_fill(image, ~nothing).equal(image)
