"""Losses of whole networks, as the released training code computes them."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from released_state import filled, layout_of, picture, read_fixture

from adacode_mm.checkpoints.released import build_from_released
from adacode_mm.models.losses.info_nce_loss import InfoNCELoss
from adacode_mm.models.losses.prior_match_loss import PriorMatchLoss
from adacode_mm.models.losses.vq_loss import VQLoss

TOLERANCE = 1e-4
DATA = Path(__file__).parents[1] / 'data'


@pytest.fixture(scope='module')
def values():
    with np.load(DATA / 'losses.npz') as file:
        return json.loads(str(file['values']))


@pytest.fixture(scope='module')
def gt():
    return torch.cat([picture(64, 64, seed) for seed in (31, 32)])


@pytest.fixture(scope='module')
def stage3(gt):
    """Output of the x4 network and of its prior, which does not decode."""
    lq = F.interpolate(gt, scale_factor=0.25, mode='area')
    with torch.no_grad():
        net = build_from_released(filled(read_fixture('sr_x4')['layout']))
        out = net(lq)
        prior_net = build_from_released(filled(layout_of('stage2')))
        prior = prior_net(gt, decode=False)
    assert prior.image is None
    return out, prior


def test_stage1_codebook_loss(values, gt):
    state = filled(read_fixture('stage1')['layout'])
    out = build_from_released(state)(gt)
    loss = VQLoss(beta=0.25)(out)
    expected = values['stage1_codebook_loss']
    assert loss.item() == pytest.approx(expected, rel=TOLERANCE)


@pytest.mark.parametrize(
    ('name', 'loss'),
    [
        ('codebook', PriorMatchLoss('codes')),
        ('after_quant', PriorMatchLoss('mixed')),
        ('before_quant', PriorMatchLoss('feat')),
        ('contrast', InfoNCELoss(temperature=0.5)),
    ],
)
def test_stage3_losses(values, stage3, name, loss):
    expected = values[f'stage3_x4_{name}_loss']
    assert loss(*stage3).item() == pytest.approx(expected, rel=TOLERANCE)
