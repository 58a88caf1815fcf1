import torch
from torch import nn

from adacode_mm.models.layers.frozen import freeze


def test_a_frozen_part_has_no_gradient_and_keeps_its_statistics():
    net = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Linear(2, 1))
    assert freeze(net[:2]) is not None
    before = net[1].running_mean.clone()
    net(torch.randn(4, 2)).sum().backward()
    grads = [parameter.grad is not None for parameter in net.parameters()]
    assert grads == [False] * 4 + [True] * 2
    assert torch.equal(net[1].running_mean, before)


def test_a_single_module_is_returned():
    linear = nn.Linear(2, 2)
    assert freeze(linear) is linear
    assert not linear.training
