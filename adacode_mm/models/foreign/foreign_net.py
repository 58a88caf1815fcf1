"""Any network from image to image, and what had to be found out of it."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from adacode_mm.core.exceptions import InputError
from adacode_mm.models.structures import as_output
from adacode_mm.models.traits import SizeRule, Tiles, Traits

from .inner_names import hide_inner_names

# Of the sizes that are tried, the first that works is taken for the rule.
MULTIPLES = (1, 2, 4, 8, 16, 32, 64, 128)
LEAST = 16


def _called(network, image):
    return network(image)


class ForeignNet(nn.Module):
    """A network in a wrapper that knows its traits.

    The parameters have the names that they have in the network itself.

    Args:
        network: Takes images (B, C, H, W) in [0, 1] and returns images, or
            an output with an attribute `image`.
        traits: What is known of it.
        call: From the network and images to its output, where that is not
            just a call.
    """

    family = 'foreign'

    def __init__(
        self,
        network: nn.Module,
        traits: Traits,
        call: Callable[[nn.Module, Tensor], Tensor] = _called,
    ):
        super().__init__()
        self._call = call
        self.network = network
        self.traits = traits
        hide_inner_names(self)

    def forward(self, image: Tensor) -> Tensor:
        """Restore images (B, 3, H, W).

        A network for gray images gets the three channels one by one.
        """
        if self.traits.channels == (1, 1):
            gray = image.reshape(-1, 1, *image.shape[2:])
            out = as_output(self._call(self.network, gray)).image
            return out.reshape(-1, 3, *out.shape[2:])
        return as_output(self._call(self.network, image)).image


@torch.no_grad()
def probed(network: nn.Module) -> Traits:
    """Traits of a network that nothing is known of, by trying small images.

    Raises:
        InputError: If it enlarges no image that it is given by a whole
            number.
    """
    parameter = next(network.parameters(), torch.zeros(()))
    training = network.training
    network.eval()
    error = None
    try:
        for multiple in MULTIPLES:
            # No squares, and odd multiples: other rules fail with them.
            height = _odd_multiple(multiple, LEAST)
            width = height + 2 * multiple
            image = torch.rand(
                1, 3, height, width, generator=torch.Generator().manual_seed(0)
            ).to(parameter)
            try:
                out = as_output(network(image)).image
            except Exception as failed:  # whatever its layers say of sizes
                error = failed
                continue
            scale = out.shape[-1] // width
            if tuple(out.shape) == (1, 3, scale * height, scale * width):
                return _traits(network, scale, multiple)
    finally:
        network.train(training)
    raise InputError(
        f'Expected a network that makes images (B, 3, scale * H, scale * W) '
        f'of images (B, 3, H, W), but {type(network).__name__} does not for '
        f'any of the sizes tried, up to {3 * MULTIPLES[-1]} pixels a side '
        f'({error or "the sizes differ"}): it needs a family of its own.'
    ) from error


def _odd_multiple(multiple, least):
    count = -(-least // multiple)
    return multiple * (count + 1 - count % 2)


def _traits(network, scale, multiple):
    named = type(network).__name__
    task = 'sr' if scale > 1 else 'restore'
    size = SizeRule(multiple, least=_odd_multiple(multiple, LEAST))
    return Traits(named, task, scale, size, tiles=Tiles(overlap=32))
