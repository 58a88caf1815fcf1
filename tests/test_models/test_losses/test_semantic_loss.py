import copy

import pytest
import torch
import torch.nn.functional as F

from adacode_mm.core.exceptions import CheckpointError, InputError
from adacode_mm.models.losses.semantic_loss import SemanticLoss

WIDTHS = [64, 64, 'M', 128, 128, 'M', 256, 256, 256, 256, 'M']
WIDTHS += [512, 512, 512, 512]


@pytest.fixture(scope='module')
def vgg19_file(tmp_path_factory):
    """Random weights up to relu4_4 in the layout of torchvision's file."""
    generator = torch.Generator().manual_seed(0)
    weights, index, channels = {}, 0, 3
    for width in WIDTHS:
        if width == 'M':
            index += 1
            continue
        kernel = torch.randn(width, channels, 3, 3, generator=generator)
        weights[f'features.{index}.weight'] = (
            kernel * (2 / channels / 9) ** 0.5
        )
        weights[f'features.{index}.bias'] = 0.1 * torch.randn(
            width, generator=generator
        )
        index, channels = index + 2, width
    path = tmp_path_factory.mktemp('vgg19') / 'vgg19.pth'
    torch.save(weights, path)
    return path


def relu4_4(path, image):
    weights = list(torch.load(path).values())
    mean = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
    std = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
    x = (image - mean) / std
    for width in WIDTHS:
        if width == 'M':
            x = F.max_pool2d(x, 2)
        else:
            x = F.relu(F.conv2d(x, weights.pop(0), weights.pop(0), padding=1))
    return x


@pytest.mark.parametrize('batch', [1, 2])
def test_value_gradient_and_optimum(output, vgg19_file, batch):
    gt = torch.rand(batch, 3, 16, 24).requires_grad_()
    target = relu4_4(vgg19_file, gt.detach())
    assert target.shape == (batch, 512, 2, 3)
    loss = SemanticLoss(weights=str(vgg19_file))
    assert loss(output(semantic=target), gt).item() < 1e-10

    semantic = torch.zeros_like(target).requires_grad_()
    value = loss(output(semantic=semantic), gt)
    expected = 0.1 * target.square().mean().item()
    assert value.item() == pytest.approx(expected, rel=1e-5)
    value.backward()
    torch.testing.assert_close(
        semantic.grad, -0.2 * target / target.numel(), rtol=1e-4, atol=1e-9
    )
    assert gt.grad is None


def test_vgg_is_no_part_of_the_loss(output, vgg19_file):
    loss = SemanticLoss(weights=str(vgg19_file))
    gt, out = torch.rand(1, 3, 8, 8), output(semantic=torch.ones(1, 512, 1, 1))
    value = loss(out, gt)
    assert not loss.state_dict()
    assert not list(loss.parameters())
    assert not list(loss.buffers())
    assert list(loss.modules()) == [loss]
    vgg = loss._vgg.on(gt)
    assert copy.deepcopy(loss)._vgg.on(gt) is vgg
    assert not vgg.training
    assert not any(p.requires_grad for p in vgg.parameters())
    assert torch.equal(loss.train()(out, gt), value)


def test_follows_the_dtype_of_the_ground_truth(output, vgg19_file):
    loss = SemanticLoss(weights=str(vgg19_file))
    gt, semantic = torch.rand(1, 3, 8, 8), torch.ones(1, 512, 1, 1)
    single = loss(output(semantic=semantic), gt).item()
    double = loss(output(semantic=semantic.double()), gt.double())
    assert double.dtype == torch.float64
    assert double.item() == pytest.approx(single, rel=1e-5)
    semantic = semantic.bfloat16().requires_grad_()
    half = loss(output(semantic=semantic), gt.bfloat16())
    half.backward()
    assert semantic.grad.dtype == torch.bfloat16
    assert half.item() == pytest.approx(single, rel=0.02)


def test_offline_sentence(output, offline_hub):
    loss = SemanticLoss()
    out = output(semantic=torch.ones(1, 512, 1, 1))
    with pytest.raises(CheckpointError) as error:
        loss(out, torch.rand(1, 3, 8, 8))
    sentence = str(error.value)
    assert 'https://download.pytorch.org/models/vgg19-dcbb9e9d.pth' in sentence
    assert f'folder {offline_hub}' in sentence
    assert 'no network in tests' in sentence


def test_finds_the_published_file_in_the_cache(
    output, offline_hub, vgg19_file
):
    offline_hub.mkdir(parents=True)
    (offline_hub / 'vgg19-dcbb9e9d.pth').symlink_to(vgg19_file)
    gt, out = torch.rand(1, 3, 8, 8), output(semantic=torch.ones(1, 512, 1, 1))
    expected = SemanticLoss(weights=str(vgg19_file))(out, gt)
    assert torch.equal(SemanticLoss()(out, gt), expected)


def test_refuses_a_network_without_a_fitting_head(output, vgg19_file):
    loss = SemanticLoss(weights=str(vgg19_file))
    gt = torch.rand(1, 3, 8, 8)
    with pytest.raises(InputError, match='semantic_channels=512'):
        loss(output(), gt)
    with pytest.raises(InputError, match=r'\(1, 512, 1, 1\), got \(1, 256'):
        loss(output(semantic=torch.ones(1, 256, 1, 1)), gt)
