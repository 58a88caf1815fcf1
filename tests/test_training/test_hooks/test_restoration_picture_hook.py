from types import SimpleNamespace

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
import numpy as np
import pytest
import torch
from mmagic.structures import DataSample
from refusals import refused

from adacode_mm.core.exceptions import ConfigError
from adacode_mm.training.hooks import restoration_picture_hook as module
from adacode_mm.training.hooks.restoration_picture_hook import (
    RestorationPictureHook,
)

CAPTION, GAP = 20, 8


class Visualizer:
    def __init__(self):
        self.drawn = []

    def add_image(self, name, image, step):
        self.drawn.append((name, image, step))


def make_runner():
    return SimpleNamespace(
        visualizer=Visualizer(),
        iter=500,
        _train_loop=None,
        val_loop=SimpleNamespace(dataloader='first'),
    )


def image_of(seed, size):
    generator = torch.Generator().manual_seed(seed)
    # Fractions, and values that have to be clipped.
    return torch.rand(3, *size, generator=generator) * 300 - 20


def sample_of(seed=0, small=(64, 96), large=(64, 96), path='a/photo.x.png'):
    """What a validation gives: BGR, 0..255."""
    sample = DataSample(metainfo={'gt_path': path} if path else {})
    sample.set_tensor_data({'gt_img': image_of(seed, large).round()})
    sample.set_tensor_data({'input': image_of(seed + 1, small).round()})
    output = DataSample()
    output.set_tensor_data({'pred_img': image_of(seed + 2, large)})
    sample.output = output
    return sample


def rgb(image):
    image = image.flip(0).clamp(0, 255).round().permute(1, 2, 0)
    return image.numpy().astype(np.uint8)


def drawn(runner, *batches, hook=None):
    hook = hook or RestorationPictureHook()
    hook.before_val(runner)
    for n, outputs in enumerate(batches):
        hook.after_val_iter(runner, n, None, outputs)
    return runner.visualizer.drawn


def test_small_input_beside_output_and_ground_truth():
    sample = sample_of(small=(16, 24))
    ((name, picture, step),) = drawn(make_runner(), [sample])
    assert (name, step) == ('restored0_photo.x', 500)
    assert picture.dtype == np.uint8
    assert picture.shape == (CAPTION + 64, 3 * 96 + 2 * GAP, 3)
    panels = [
        picture[CAPTION:, start : start + 96]
        for start in (0, 96 + GAP, 2 * (96 + GAP))
    ]
    enlarged = rgb(sample.input).repeat(4, axis=0).repeat(4, axis=1)
    np.testing.assert_array_equal(panels[0], enlarged)
    np.testing.assert_array_equal(panels[1], rgb(sample.output.pred_img))
    np.testing.assert_array_equal(panels[2], rgb(sample.gt_img))


def test_an_input_that_is_the_ground_truth_is_left_out():
    sample = sample_of()
    sample.set_tensor_data({'input': sample.gt_img.clone()})
    ((_, picture, _),) = drawn(make_runner(), [sample])
    assert picture.shape[1] == 2 * 96 + GAP
    np.testing.assert_array_equal(
        picture[CAPTION:, :96], rgb(sample.output.pred_img)
    )
    # but a damaged one of the same size is not
    ((_, picture, _),) = drawn(make_runner(), [sample_of()])
    assert picture.shape[1] == 3 * 96 + 2 * GAP


def test_the_first_images_of_every_set():
    runner = make_runner()
    hook = RestorationPictureHook(num_images=3)
    for _ in range(2):  # names are the same in every validation
        runner.visualizer.drawn.clear()
        runner.val_loop.dataloader = 'first'
        hook.before_val(runner)
        for seed in (0, 10):
            batch = [sample_of(seed), sample_of(seed + 3, path=None)]
            hook.after_val_iter(runner, seed, None, batch)
        runner.val_loop.dataloader = 'second'
        hook.after_val_iter(runner, 2, None, [sample_of(20)])
        names = [name for name, _, _ in runner.visualizer.drawn]
        assert names == [
            'restored0_photo.x',
            'restored1',
            'restored2_photo.x',
            'restored3_photo.x',
        ]


def test_interval():
    runner = make_runner()
    runner._train_loop = SimpleNamespace(
        val_begin=1, val_interval=10, max_iters=45
    )
    hook = RestorationPictureHook(interval=20)
    for runner.iter in (10, 20, 30, 40, 45):
        drawn(runner, [sample_of()], hook=hook)
    assert [step for *_, step in runner.visualizer.drawn] == [10, 20, 40, 45]


def test_only_the_first_process_draws(monkeypatch):
    monkeypatch.setattr(module, 'is_main_process', lambda: False)
    assert drawn(make_runner(), [sample_of()]) == []


@pytest.mark.parametrize('options', [{'interval': 0}, {'num_images': 0}])
def test_refuses_to_draw_nothing(options):
    with refused(ConfigError, 'RestorationPictureHook', '0'):
        RestorationPictureHook(**options)
