from pathlib import Path

import lpips
import pytest
import torch
import torch.nn.functional as F
from torchvision.models import alexnet

from adacode_mm.core.exceptions import CheckpointError, ConfigError, InputError
from adacode_mm.models.losses.lpips_loss import LPIPSLoss

BLOCKS = [[64, 64], [128, 128], [256] * 3, [512] * 3, [512] * 3]


@pytest.fixture(scope='module')
def vgg16_file(tmp_path_factory):
    """Random weights in the layout of torchvision's file."""
    generator = torch.Generator().manual_seed(0)
    weights, index, channels = {}, 0, 3
    for block in BLOCKS:
        for width in block:
            kernel = torch.randn(width, channels, 3, 3, generator=generator)
            kernel *= (2 / channels / 9) ** 0.5
            weights[f'features.{index}.weight'] = kernel
            weights[f'features.{index}.bias'] = 0.1 * torch.randn(
                width, generator=generator
            )
            index, channels = index + 2, width
        index += 1
    path = tmp_path_factory.mktemp('vgg16') / 'vgg16.pth'
    torch.save(weights, path)
    return path


def lpips_by_definition(path, x, y):
    weights = list(torch.load(path).values())
    heads = torch.load(
        Path(lpips.__file__).parent / 'weights/v0.1/vgg.pth',
        map_location='cpu',
    )
    shift = torch.tensor([-0.030, -0.088, -0.188]).view(3, 1, 1)
    scale = torch.tensor([0.458, 0.448, 0.450]).view(3, 1, 1)
    z = (2 * torch.cat([x, y]) - 1 - shift) / scale
    value = 0
    for i, block in enumerate(BLOCKS):
        z = F.max_pool2d(z, 2) if i else z
        for _ in block:
            z = F.relu(F.conv2d(z, weights.pop(0), weights.pop(0), padding=1))
        unit = z / (z.square().sum(1, keepdim=True).sqrt() + 1e-10)
        difference = unit[: len(x)] - unit[len(x) :]
        head = heads[f'lin{i}.model.1.weight']
        value = value + (head * difference.square()).sum(1).mean((1, 2))
    return value.mean()


@pytest.mark.parametrize('batch', [1, 2])
def test_value_gradient_and_optimum(vgg16_file, batch):
    pred, gt = torch.rand(2, batch, 3, 32, 48)
    loss = LPIPSLoss(loss_weight=2.0, weights=str(vgg16_file))
    expected = 2 * lpips_by_definition(vgg16_file, pred, gt).item()
    assert expected > 0
    pred.requires_grad_()
    gt.requires_grad_()
    value = loss(pred, gt)
    assert value.item() == pytest.approx(expected, rel=1e-5)
    value.backward()
    assert gt.grad is None
    assert loss(gt, gt).item() == 0
    with torch.no_grad():
        step = 0.01 * pred.grad / pred.grad.abs().max()
        assert loss(pred - step, gt) < value


def test_finite_where_all_features_are_zero(vgg16_file, tmp_path):
    weights = torch.load(vgg16_file)
    weights['features.28.bias'] -= 1e6
    torch.save(weights, tmp_path / 'dead.pth')
    loss = LPIPSLoss(weights=str(tmp_path / 'dead.pth'))
    pred, gt = torch.rand(2, 1, 3, 16, 16)
    pred.requires_grad_()
    loss(pred, gt).backward()
    assert pred.grad.isfinite().all()
    assert pred.grad.abs().sum() > 0


def test_half_precision_is_compared_in_single(vgg16_file):
    loss = LPIPSLoss(weights=str(vgg16_file))
    pred, gt = torch.rand(2, 1, 3, 16, 16).half()
    expected = loss(pred.float(), gt.float())
    pred.requires_grad_()
    value = loss(pred, gt)
    assert torch.equal(value, expected)
    value.backward()
    assert pred.grad.dtype == torch.float16
    assert pred.grad.isfinite().all()


def test_network_is_no_part_of_the_loss(vgg16_file):
    loss = LPIPSLoss(weights=str(vgg16_file))
    image = torch.rand(1, 3, 16, 16)
    loss(image, image)
    assert not loss.state_dict()
    assert not list(loss.parameters())
    assert list(loss.modules()) == [loss]
    network = loss._lpips.on(image)
    assert not network.training
    assert not any(p.requires_grad for p in network.parameters())


def test_other_backbone_and_silence(tmp_path, capsys, recwarn):
    torch.manual_seed(0)
    backbone = alexnet()
    torch.save(backbone.state_dict(), tmp_path / 'alex.pth')
    loss = LPIPSLoss('alex', weights=str(tmp_path / 'alex.pth'))
    pred, gt = torch.rand(2, 1, 3, 64, 64)
    value = loss(pred, gt).item()
    assert capsys.readouterr() == ('', '')
    assert not recwarn.list

    reference = lpips.LPIPS(net='alex', pnet_rand=True, verbose=False)
    for name, own in reference.net.named_parameters():
        source = f'features.{name.split(".", 1)[1]}'
        own.copy_(backbone.state_dict()[source])
    expected = reference(pred, gt, normalize=True).item()
    assert value == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ('net', 'name'),
    [('vgg', 'vgg16-397923af.pth'), ('alex', 'alexnet-owt-7be5be79.pth')],
)
def test_offline_sentence(offline_hub, net, name):
    image = torch.rand(1, 3, 16, 16)
    with pytest.raises(CheckpointError) as error:
        LPIPSLoss(net)(image, image)
    assert f'https://download.pytorch.org/models/{name}' in str(error.value)
    assert f'folder {offline_hub}' in str(error.value)


def test_refuses_what_it_cannot_use(vgg16_file):
    with pytest.raises(ConfigError, match=r"'vgg', 'alex'.*'vgg11'"):
        LPIPSLoss('vgg11')
    loss = LPIPSLoss(weights=str(vgg16_file))
    image = torch.rand(1, 3, 16, 16)
    with pytest.raises(InputError, match=r'\(1, 3, 16, 16\) and \(1, 3, 8'):
        loss(image, image[..., :8, :])
