import pytest
import torch
from shrunk_configs import random_weights
from torchvision.models import vgg19

from adacode_mm.core.exceptions import CheckpointError
from adacode_mm.models.losses.vgg_loss import VGGLoss


def test_l1_at_relu5_4():
    file = random_weights(vgg19)
    net = vgg19().features[:36]
    state = torch.load(file, weights_only=True)
    net.load_state_dict(
        {k.removeprefix('features.'): v for k, v in state.items()}, False
    )
    torch.manual_seed(0)
    image, gt = torch.rand(2, 1, 3, 32, 32)
    mean = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
    std = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
    with torch.no_grad():
        found, expected = (net((x - mean) / std) for x in (image, gt))
    expected = 0.5 * (found - expected).abs().mean()
    loss = VGGLoss(loss_weight=0.5, weights=file)
    image.requires_grad_()
    gt.requires_grad_()
    found = loss(image, gt)
    torch.testing.assert_close(found, expected)
    found.backward()
    assert image.grad.any()
    assert gt.grad is None
    assert not list(loss.parameters())


def test_a_missing_file_is_named(tmp_path):
    loss = VGGLoss(weights=str(tmp_path / 'vgg19.pth'))
    with pytest.raises(CheckpointError) as raised:
        loss(torch.rand(1, 3, 32, 32), torch.rand(1, 3, 32, 32))
    assert 'vgg19.pth' in str(raised.value)
