from types import SimpleNamespace

import pytest
import torch

from adacode_mm.core.exceptions import InputError
from adacode_mm.models.backbones.multi_scale_encoder import MultiScaleEncoder
from adacode_mm.models.layers.padding import (
    pad_symmetric,
    padded_forward,
    padded_size,
)
from adacode_mm.models.structures import CodebookOutput


class Repeat:
    """A network that enlarges pixels and keeps what it was given."""

    def __init__(self, scale, size_multiple):
        self.scale = scale
        self.size_multiple = size_multiple

    def __call__(self, image):
        self.given = image
        enlarged = image.repeat_interleave(self.scale, 2)
        enlarged = enlarged.repeat_interleave(self.scale, 3)
        weight = image[:, :1, ::2, ::2]
        indices = SimpleNamespace(indices=image[:, 0, ::2, ::2])
        return CodebookOutput(enlarged, image, [], [indices], image, weight)


# (size, window) -> size + at least one, as measured with the released code
@pytest.mark.parametrize(
    ('size', 'multiple', 'released', 'minimal'),
    [
        (128, 16, 144, 128),  # x4
        (24, 16, 32, 32),
        (40, 16, 48, 48),
        (32, 32, 64, 32),  # x2
        (33, 32, 64, 64),
        (256, 64, 320, 256),  # stage II, inpainting
        (63, 64, 64, 64),
        (31, 64, 64, 64),
        (1, 8, 8, 8),
    ],
)
def test_padded_size(size, multiple, released, minimal):
    assert padded_size(size, multiple) == released
    assert padded_size(size, multiple, 'released') == released
    assert padded_size(size, multiple, 'minimal') == minimal


@pytest.mark.parametrize('rule', ['official', '', None])
def test_unknown_rule(rule):
    with pytest.raises(InputError, match=r"one of \('released', 'minimal'\)"):
        padded_size(8, 8, rule)
    with pytest.raises(InputError, match=f'got {rule!r}'):
        padded_forward(Repeat(1, 8), torch.zeros(1, 3, 8, 8), rule)


def test_mirror_repeats_the_edge():
    image = torch.tensor([[1.0, 2, 3], [4, 5, 6]])[None, None]
    expected = torch.tensor(
        [
            [1, 2, 3, 3, 2],
            [4, 5, 6, 6, 5],
            [4, 5, 6, 6, 5],
        ]
    )
    assert torch.equal(pad_symmetric(image, 3, 5)[0, 0], expected)
    # there is one mirror image, not two
    assert pad_symmetric(image, 9, 4).shape == (1, 1, 4, 4)
    assert torch.equal(pad_symmetric(image, 2, 3), image)
    assert torch.equal(pad_symmetric(image, 1, 2), image[:, :, :1, :2])


@pytest.mark.parametrize('scale', [1, 4])
def test_output_is_cropped_and_the_grid_is_not(scale):
    net = Repeat(scale, 8)
    image = torch.rand(2, 3, 13, 8)
    out = padded_forward(net, image)
    assert torch.equal(net.given, pad_symmetric(image, 16, 16))
    expected = image.repeat_interleave(scale, 2).repeat_interleave(scale, 3)
    assert torch.equal(out.image, expected)
    assert torch.equal(out.weight, net.given[:, :1, ::2, ::2])
    assert out.quantized[0].indices.shape == (2, 8, 8)
    padded_forward(net, image, 'minimal')
    assert torch.equal(net.given, pad_symmetric(image, 16, 8))


def test_an_image_of_31_pixels_is_padded_to_62():
    """And that works: the encoder rounds up to the grid of 64 pixels."""
    net = Repeat(1, 64)
    padded_forward(net, torch.rand(1, 3, 31, 64))
    assert net.given.shape == (1, 3, 62, 128)
    encoder = MultiScaleEncoder((4, 4, 4, 4), num_groups=1)
    sizes = [encoder(torch.rand(1, 3, n, 64))[0].shape[2] for n in (62, 64)]
    assert sizes == [8, 8]


class Windowed(Repeat):
    """Refuses what its attention windows do not cover."""

    def __call__(self, image):
        if image.shape[2] % 8 or image.shape[3] % 8:
            raise InputError('The grid must be a multiple of the window.')
        return super().__call__(image)


def test_an_image_too_small_to_be_mirrored():
    with pytest.raises(
        InputError, match=r'multiple of 8 .*at least 4 .*got 3x20: enlarge'
    ) as caught:
        padded_forward(Windowed(1, 8), torch.zeros(1, 3, 3, 20))
    assert 'window' in str(caught.value.__cause__)
    padded_forward(Windowed(1, 8), torch.zeros(1, 3, 4, 20))


@pytest.mark.parametrize(
    'shape', [(3, 16, 16), (1, 3, 0, 16), (1, 0, 16, 16), (16, 16)]
)
def test_what_is_no_batch_of_images(shape):
    with pytest.raises(InputError, match=r'\(B, 3, H, W\) .*got \('):
        padded_forward(Repeat(1, 8), torch.zeros(shape))
