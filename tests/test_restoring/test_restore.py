"""Choosing how to restore, and what is said when it cannot be done."""

import pytest
import torch

from adacode_mm.core.exceptions import InputError
from adacode_mm.models.adacode.memory_estimate import whole_bytes
from adacode_mm.models.layers.padding import pad_image, padded_forward
from adacode_mm.restoring.restore import restore


@pytest.fixture
def net(tiny_net):
    return tiny_net('sr_x4')


@pytest.mark.parametrize('rule', ['released', 'minimal'])
def test_the_padding_rule_is_kept(net, rule):
    image = torch.rand(1, 3, 24, 32)  # multiples of 8: the rules differ
    expected = padded_forward(net, image, rule)
    for tile in ('whole', 'exact', 2, 'auto'):
        found = restore(net, image, tile=tile, padding=rule)
        assert found.image.shape == (1, 3, 96, 128)
        assert torch.allclose(found.image, expected.image, atol=5e-5)
    other = {'released': 'minimal', 'minimal': 'released'}[rule]
    found = restore(net, image, tile='exact', padding=other)
    assert (found.image - expected.image).abs().max() > 0.05


def test_images_of_a_batch(net):
    images = torch.rand(3, 3, 20, 17)
    whole = restore(net, images, tile='whole')
    told = []
    found = restore(
        net, images, tile=2, progress=lambda done, _: told.append(done)
    )
    assert torch.allclose(found.image, whole.image, atol=5e-5)
    assert torch.allclose(found.weight, whole.weight, atol=1e-5)
    assert torch.allclose(found.mixed, whole.mixed, atol=5e-5)
    for a, b in zip(found.quantized, whole.quantized, strict=True):
        assert torch.equal(a.indices, b.indices)
    assert told == sorted(told)
    assert 1 / 3 in [pytest.approx(done) for done in told]
    assert told[-1] == pytest.approx(1)


def test_auto_takes_strips_when_a_pass_is_too_large(net):
    image = torch.rand(1, 3, 100, 80)
    needed = whole_bytes(net, pad_image(net, image).shape)
    # One pass keeps the projected features, strips do not.
    rich = restore(net, image, memory=needed)
    poor = restore(net, image, memory=needed - 1)
    assert len(rich.pre_quant) == 3
    assert poor.pre_quant == []
    assert torch.allclose(rich.image, poor.image, atol=5e-5)


def test_auto_follows_the_environment(net, monkeypatch):
    image = torch.rand(1, 3, 100, 80)
    needed = whole_bytes(net, pad_image(net, image).shape)
    monkeypatch.setenv('ADACODE_MEMORY', str(needed - 1))
    assert restore(net, image).pre_quant == []
    monkeypatch.setenv('ADACODE_MEMORY', '2G')
    assert len(restore(net, image).pre_quant) == 3


def test_a_whole_pass_tells_its_end(net):
    told = []
    image = torch.rand(1, 3, 20, 20)
    restore(net, image, tile='whole', progress=lambda *x: told.append(x))
    assert told[-1][0] == 1


def test_no_gradients_are_kept(net):
    image = torch.rand(1, 3, 20, 20)
    for tile in ('whole', 'exact', 'released'):
        assert not restore(net, image, tile=tile).image.requires_grad


@pytest.mark.parametrize('tile', ['exakt', 0, -3, True, 2.5, None])
def test_unknown_tiles(net, tile):
    with pytest.raises(InputError, match=r"one of \('auto', .* got"):
        restore(net, torch.rand(1, 3, 20, 20), tile=tile)


@pytest.mark.parametrize('tile', ['whole', 'exact', 'released', 'auto'])
@pytest.mark.parametrize('size', [(1, 1), (7, 2), (3, 40)])
def test_images_too_small_to_be_mirrored(net, tile, size):
    with pytest.raises(InputError, match=r'at least 4 pixels.*got \dx\d+'):
        restore(net, torch.rand(1, 3, *size), tile=tile)


@pytest.mark.parametrize('tile', ['whole', 'exact', 'released', 'auto'])
def test_what_is_no_batch(net, tile):
    for shape in ((3, 20, 20), (1, 3, 0, 20)):
        with pytest.raises(InputError, match=r'shape \(B, 3, H, W\)'):
            restore(net, torch.rand(shape), tile=tile)


def test_a_budget_smaller_than_the_latent_grid(net):
    with pytest.raises(InputError, match=r'must have .* GiB .*, got 0.00 GiB'):
        restore(net, torch.rand(1, 3, 40, 40), tile='exact', memory=1000)


@pytest.mark.parametrize('memory', [0, -1, True])
def test_a_budget_that_is_none(net, memory):
    with pytest.raises(InputError, match='positive number of bytes'):
        restore(net, torch.rand(1, 3, 40, 40), memory=memory)


class Greedy(torch.nn.Module):
    """Asks the real allocator for more than there is."""

    family, scale, size_multiple = 'adacode', 1, 8

    def forward(self, image):
        return torch.empty(2**50)


def test_an_allocation_that_fails():
    said = r'an image of 20x9 pixels \(4096\.0 TiB more were needed\)'
    with pytest.raises(InputError, match=said) as caught:
        restore(Greedy(), torch.rand(1, 3, 9, 20), tile='whole')
    assert str(caught.value).endswith("choose tile='auto'.")
    with pytest.raises(InputError, match='restore one image at a time'):
        restore(Greedy(), torch.rand(2, 3, 9, 20), tile='whole')


def test_other_errors_stay_what_they_are(net):
    with pytest.raises(RuntimeError, match='expected input'):
        restore(net, torch.rand(1, 4, 20, 20), tile='whole')


def test_an_image_of_one_long_row_of_windows(net):
    image = torch.rand(1, 3, 5, 700)
    expected = padded_forward(net, image)
    found = restore(net, image, tile='exact')
    assert torch.allclose(found.image, expected.image, atol=5e-5)
    found = restore(net, image.transpose(2, 3), tile=1)
    expected = padded_forward(net, image.transpose(2, 3))
    assert torch.allclose(found.image, expected.image, atol=5e-5)
