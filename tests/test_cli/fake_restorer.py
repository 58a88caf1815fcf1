"""A restorer without a network, for what is not about networks."""

import time

import numpy as np

SCALE = 2


class FakeRestorer:
    """Doubles pictures by repeating pixels, and remembers which.

    Args:
        act: Called with the number of the call before each picture.
    """

    def __init__(self, act=lambda number: None):
        self.act = act
        self.calls = 0
        self.seen = []
        self.batches = []

    def __call__(self, pictures, mask=None, *, batch_size, progress):
        self.batches.append(len(pictures))
        return [self.restore_picture(each) for each in pictures]

    def restore_picture(self, picture, mask=None, progress=None):
        self.calls += 1
        self.act(self.calls - 1)
        self.seen.append(picture.pixels.tobytes())
        time.sleep(0.005)
        pixels = np.repeat(picture.pixels, SCALE, 0).repeat(SCALE, 1)
        return picture._replace(pixels=pixels)


def use(monkeypatch, restorer):
    """Have the commands use it instead of a network."""
    room = 'adacode_mm.cli'
    monkeypatch.setattr(
        f'{room}.restoring.restorer_from', lambda *a, **k: restorer
    )
    monkeypatch.setattr(f'{room}.restore_files.model_identity', lambda *a: 'x')
    return restorer
