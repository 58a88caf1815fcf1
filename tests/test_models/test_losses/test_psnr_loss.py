import math

import pytest
import torch
from mmagic.models.losses import PSNRLoss

from adacode_mm.models.losses.psnr_loss import NegativePSNRLoss
from adacode_mm.models.structures import CodebookOutput


def output(image):
    return CodebookOutput(image, None, [], [], None)


def test_by_hand():
    """Errors of 0.1 and 0.2 in [0, 1]: 20 dB and 13.98 dB."""
    gt = torch.zeros(2, 3, 2, 2)
    image = gt + torch.tensor([0.1, 0.2]).view(2, 1, 1, 1)
    found = NegativePSNRLoss(loss_weight=0.5)(output(image), gt)
    expected = -0.5 * (20 + 20 - 20 * math.log10(2)) / 2
    assert found.item() == pytest.approx(expected, rel=1e-5)


def test_it_is_that_of_mmagic_on_another_range():
    torch.manual_seed(0)
    image, gt = torch.rand(2, 2, 3, 4, 4)
    found = NegativePSNRLoss(value_range=2.0)(output(image), gt)
    expected = PSNRLoss()(2 * image - 1, 2 * gt - 1)
    torch.testing.assert_close(found, expected)


def test_its_gradient_goes_to_the_image():
    image = torch.full((1, 3, 2, 2), 0.5, requires_grad=True)
    loss = NegativePSNRLoss()(output(image), torch.zeros(1, 3, 2, 2))
    loss.backward()
    # d/dx of 10 / ln 10 * ln(mean x^2), for twelve equal values.
    expected = 10 / math.log(10) * 2 / 0.5 / 12
    torch.testing.assert_close(image.grad, torch.full_like(image, expected))
