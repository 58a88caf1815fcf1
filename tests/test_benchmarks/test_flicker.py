"""Flicker is what moves besides the motion."""

import numpy as np
import pytest

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
from shrunk_configs import PHOTOS

from adacode_mm.evaluation.eval_images import read_eval_image
from benchmarks.flicker import MOTIONS, flicker, psnr, truth_frames


@pytest.mark.parametrize('motion', MOTIONS)
def test_noise_flickers_and_motion_does_not(motion):
    photo = read_eval_image(PHOTOS / 'astronaut_256.png')
    frames, before = truth_frames(photo, MOTIONS[motion])
    apart = np.abs(frames[0].astype(int) - frames[1]).mean()
    still = flicker(frames, before)
    assert still < 0.3 * apart
    rng = np.random.default_rng(0)
    noisy = [
        (x + rng.normal(0, 6, x.shape)).clip(0, 255).astype(np.uint8)
        for x in frames
    ]
    assert flicker(noisy, before) > still + 3
    assert psnr(noisy, frames) == pytest.approx(32.6, abs=0.8)
