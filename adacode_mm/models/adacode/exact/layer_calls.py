"""Hears of every layer that is called, to tell how far a network is."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager

from torch import nn


@contextmanager
def hear_layers(
    layers: Iterable[nn.Module], done: Callable[[float], None]
) -> Iterator[None]:
    """Call `done` with the multiply-accumulates of each layer that is run.

    Args:
        layers: Heard are those with a weight that is multiplied with each
            pixel of their input.
        done: Called after each of them, if this thread runs it: another one
            may use the same network.
    """
    with ExitStack() as hooks:
        for layer in layers:
            if _multiplies(layer):
                hook = layer.register_forward_hook(_teller(done))
                hooks.callback(hook.remove)
        yield


def _multiplies(layer):
    weight = getattr(layer, 'weight', None)
    no_children = next(layer.children(), None) is None
    table = isinstance(layer, nn.Embedding)
    return no_children and not table and weight is not None and weight.ndim > 1


def _teller(done):
    here = threading.get_ident()

    def tell(layer, inputs, output):
        if threading.get_ident() != here:
            return
        pixels = inputs[0].numel() / layer.weight.shape[1]
        done(layer.weight.numel() * pixels)

    return tell
