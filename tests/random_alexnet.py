"""AlexNet's convolutions with repeatable random weights."""

import torch
from torch import nn
from torchvision.models import AlexNet_Weights

URL = AlexNet_Weights.IMAGENET1K_V1.url
NAME = URL.rsplit('/', 1)[-1]

# Index in torchvision's `features`, channels in and out, kernel.
CONVOLUTIONS = [
    (0, 3, 64, 11),
    (3, 64, 192, 5),
    (6, 192, 384, 3),
    (8, 384, 256, 3),
    (10, 256, 256, 3),
]


def random_alexnet(seed=0):
    """State dict as far as LPIPS needs it, of the size of the real one."""
    generator = torch.Generator().manual_seed(seed)
    state = {}
    for index, ins, outs, kernel in CONVOLUTIONS:
        weight = torch.empty(outs, ins, kernel, kernel)
        nn.init.kaiming_normal_(weight, generator=generator)
        state[f'features.{index}.weight'] = weight
        state[f'features.{index}.bias'] = torch.zeros(outs)
    return state
