"""The released tiles, beside a plain transcription of their rule."""

import pytest
import torch

from adacode_mm.core.exceptions import InputError
from adacode_mm.models.adacode.fast.accelerate import accelerate
from adacode_mm.models.layers.padding import padded_forward
from adacode_mm.restoring.restore import restore


def released_rule(net, image, tile, pad):
    """240 + 16 as AdaCode's specification puts it, pixel by pixel."""
    s = net.scale
    _, _, height, width = image.shape
    result = torch.full((1, 3, height * s, width * s), float('nan'))
    for j in range(-(-height // tile)):
        for i in range(-(-width // tile)):
            x0, x1 = i * tile, min((i + 1) * tile, width)
            y0, y1 = j * tile, min((j + 1) * tile, height)
            left, right = min(pad, x0), min(pad, width - x1)
            above, below = min(pad, y0), min(pad, height - y1)
            part = image[:, :, y0 - above : y1 + below, x0 - left : x1 + right]
            restored = padded_forward(net, part).image
            h, w = y1 - y0, x1 - x0
            result[:, :, y0 * s : y1 * s, x0 * s : x1 * s] = restored[
                :,
                :,
                above * s : (above + h) * s,
                left * s : (left + w) * s,
            ]
    return result


@pytest.mark.parametrize('kind', ['sr_x4', 'sr_x2', 'inpainting'])
@torch.no_grad()
def test_same_as_the_released_rule(tiny_net, kind):
    net, image = tiny_net(kind), torch.rand(1, 3, 53, 77)
    for tile, pad in ((16, 8), (32, 16), (240, 16)):
        found = restore(
            net, image, tile='released', tile_size=tile, tile_pad=pad
        )
        expected = released_rule(net, image, tile, pad)
        assert torch.equal(found.image, expected)


def test_the_released_numbers_are_the_default(tiny_net):
    net, image = tiny_net('inpainting'), torch.rand(1, 3, 20, 250)
    found = restore(net, image, tile='released').image
    with torch.no_grad():
        assert torch.equal(found, released_rule(net, image, 240, 16))
        assert not torch.equal(found, padded_forward(net, image).image)


def test_seams_are_there_and_exact_has_none(tiny_net):
    """What the mode is for: to see what the exact one avoids."""
    net = tiny_net('sr_x4')
    torch.manual_seed(1)
    image = torch.rand(1, 3, 48, 48)
    image[..., 24:] *= 0.1
    whole = restore(net, image, tile='whole').image
    tiles = restore(
        net, image, tile='released', tile_size=24, tile_pad=8
    ).image
    exact = restore(net, image, tile=2).image
    assert (tiles - whole).abs().mean() > 0.03
    assert (exact - whole).abs().max() < 5e-5

    def jump(x):
        return (x[..., 96] - x[..., 95]).abs().mean()

    assert jump(tiles) > 1.3 * jump(whole)


def test_maps_lie_on_the_grid_of_the_image(tiny_net):
    net, image = tiny_net('sr_x4'), torch.rand(2, 3, 21, 30)
    found = restore(net, image, tile='released', tile_size=16, tile_pad=8)
    assert found.weight.shape == (2, 3, 11, 15)
    assert found.feat.shape == found.mixed.shape == (2, 16, 11, 15)
    corner = padded_forward(net, image[:, :, 8:, 8:])
    assert torch.equal(
        found.weight[..., 8:, 8:], corner.weight[..., 4:7, 4:11]
    )
    for k, each in enumerate(found.quantized):
        expected = corner.quantized[k].indices[:, 4:7, 4:11]
        assert torch.equal(each.indices[:, 8:, 8:], expected)


def test_other_networks_and_one_codebook(tiny_net):
    net, image = tiny_net('femasr'), torch.rand(1, 3, 21, 30)
    options = {'tile': 'released', 'tile_size': 16, 'tile_pad': 8}
    plain = restore(net, image, **options)
    faster = restore(accelerate(net), image, **options)
    assert plain.weight is None
    assert torch.allclose(plain.image, faster.image, atol=1e-4)
    for a, b in zip(plain.quantized, faster.quantized, strict=True):
        assert torch.equal(a.indices, b.indices)


def test_progress_counts_tiles(tiny_net):
    told = []
    restore(
        tiny_net('sr_x4'),
        torch.rand(1, 3, 21, 40),
        tile='released',
        tile_size=16,
        tile_pad=0,
        progress=lambda *x: told.append(x),
    )
    assert [m for _, m in told] == [f'tile {n} of 6' for n in range(1, 7)]
    assert [done for done, _ in told] == [
        pytest.approx(n / 6) for n in range(1, 7)
    ]


@pytest.mark.parametrize(('size', 'pad'), [(0, 8), (15, 8), (16, 3), (8, -8)])
def test_tiles_beside_the_grid(tiny_net, size, pad):
    with pytest.raises(InputError, match=r'multiples of 2 pixels.*got'):
        restore(
            tiny_net('sr_x4'),
            torch.rand(1, 3, 21, 33),
            tile='released',
            tile_size=size,
            tile_pad=pad,
        )
