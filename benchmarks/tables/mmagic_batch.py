"""A sample as MMagic's pipelines hand it to MMagic's models."""

import numpy as np
import torch
from mmagic.models.base_models import OneStageInpaintor
from mmagic.models.editors.pconv import PConvInpaintor
from mmagic.structures import DataSample
from torch import Tensor, nn

from adacode_mm.evaluation.eval_images import in_color

from .degraded_inputs import InputOptions, Sample

# `GetMaskedImage` of all configs of MMagic's inpaintors paints holes so.
GRAY_HOLE = 127.5
# They halve images three times, or seven times, and do not pad them.
MULTIPLE, MULTIPLE_OF_PCONV = 8, 128
# Sides of the input that a model is tried on: DeepFill needs 69 pixels.
TRIAL_SIDES = {'sr': 32, 'inpaint': 96, 'reconstruct': 96}


def mmagic_batch(sample: Sample, editor: nn.Module) -> dict:
    """A batch of one image, for `test_step`.

    Args:
        sample: Its input; holes are white in it. Grey images go in as colour.
        editor: What gets it: MMagic's inpaintors see holes in the grey that
            they were trained with, and multiples of 8 pixels (PConv: of 128),
            to which the image is continued at the bottom and right.

    Returns:
        `inputs`, one (3, H, W), BGR, 0..255; and `data_samples`, with a mask
        (1, H, W), 1 in holes, if there are any.
    """
    bgr = _planes(in_color(sample.input)[..., ::-1])
    # As MMagic gives it: (1, H, W), 1 in holes.
    mask = None
    if sample.mask is not None:
        mask = _planes(np.float32(sample.mask)[..., None])
    if isinstance(editor, OneStageInpaintor):
        if mask is not None:
            bgr = bgr * (1 - mask) + GRAY_HOLE * mask
        is_pconv = isinstance(editor, PConvInpaintor)
        multiple = MULTIPLE_OF_PCONV if is_pconv else MULTIPLE
        bgr, mask = (
            None if planes is None else _continued(planes, multiple)
            for planes in (bgr, mask)
        )
    info = DataSample(metainfo=_channels((*bgr.shape[1:], 3)))
    if mask is not None:
        info.mask = mask
    return {'inputs': [bgr], 'data_samples': [info]}


def trial_sample(options: InputOptions) -> Sample:
    """A small grey picture in colour, to see whether a model runs at all."""
    side = TRIAL_SIDES[options.task]
    small = np.full((side, side, 3), 128, np.uint8)
    truth = np.full((side * options.scale,) * 2 + (3,), 128, np.uint8)
    mask = None
    if options.task == 'inpaint':
        mask = np.zeros((side, side), bool)
        mask[side // 2 :, side // 2 :] = True
        small[mask] = 255
    return Sample('trial', 'trial', truth, small, mask)


def _planes(image: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))


def _continued(planes: Tensor, multiple: int) -> Tensor:
    height, width = (-side % multiple for side in planes.shape[1:])
    padding = [(0, 0), (0, height), (0, width)]
    return torch.from_numpy(np.pad(planes.numpy(), padding, mode='symmetric'))


def _channels(shape):
    """What MMagic's PackInputs says of an image that OpenCV has read."""
    return {
        f'{name}{key}': value
        for name in ('img_', 'gt_')
        for key, value in (('channel_order', 'bgr'), ('color_type', 'color'))
    } | {'ori_img_shape': shape, 'ori_gt_shape': shape}
