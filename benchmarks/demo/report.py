"""Restore the held-out photograph and write what there is to see."""

import json
import warnings
from pathlib import Path

import cv2
import mmcv
import numpy as np
import torch
from mmagic.apis import MMagicInferencer
from mmagic.evaluation.metrics import psnr, ssim
from mmagic.registry import MODELS
from mmengine.logging import MMLogger

from adacode_mm.checkpoints.safe_load import load_file
from adacode_mm.checkpoints.state_dicts import find_state_dict, take_part
from adacode_mm.checkpoints.strict import load_strictly
from adacode_mm.data.transforms.bicubic_downsample import BicubicDownsample
from adacode_mm.models.adacode.codebook_patches import codebook_patches
from adacode_mm.models.layers.padding import padded_forward
from adacode_mm.views.codebook_sheet import codebook_sheet
from adacode_mm.views.comparison import side_by_side
from adacode_mm.views.curves import loss_curves
from adacode_mm.views.weight_map import weight_maps_picture
from benchmarks.demo.photographs import read_held_out
from benchmarks.demo.stages import (
    CODEBOOKS,
    ITERATIONS,
    STAGE1,
    last_checkpoint,
    stage_config,
)

SCALE = 4
# Rows and columns of the detail that is shown enlarged: an eye.
DETAIL = (slice(60, 188), slice(120, 248))


def write_report(folder: Path) -> str:
    """Restore, compare, draw.

    Args:
        folder: Where the stages were trained; gets the pictures.

    Returns:
        The table, in Markdown.
    """
    # MMagic would warn that a picture to restore has no ground truth, and
    # that a visualizer it does not use has no folder.
    MMLogger.get_current_instance().setLevel('ERROR')
    warnings.filterwarnings('ignore', 'Failed to add <class .*VisBackend')
    hr = read_held_out()
    lr = BicubicDownsample(scale=SCALE)({'gt': hr})['img']
    _write(folder / 'lr.png', lr)
    _write(folder / 'hr.png', hr)
    restored, inferencer = _restore(folder)
    bicubic = cv2.resize(lr, hr.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    images = {'LR': lr, 'bicubic': bicubic, 'ours': restored, 'HR': hr}
    _write(folder / 'comparison.png', side_by_side(images))
    _write(folder / 'comparison_detail.png', side_by_side(_details(images)))
    _draw_networks(folder, inferencer, lr, hr.shape[:2])
    _draw_losses(folder)
    return _write_table(folder, images)


def _restore(folder):
    """Through MMagic's own inference API, from files to a file."""
    inferencer = MMagicInferencer(
        model_config=stage_config('stage3_sr_x4', folder),
        model_ckpt=str(last_checkpoint('stage3_sr_x4', folder)),
        device='cpu',
    )
    path = str(folder / 'restored.png')
    inferencer.infer(img=str(folder / 'lr.png'), result_out_dir=path)
    return mmcv.imread(path, channel_order='rgb'), inferencer


def _details(images):
    """The same detail of every picture, four times as large."""
    height = images['HR'].shape[0]
    details = {}
    for name, image in images.items():
        factor = height // image.shape[0]
        rows, columns = (
            slice(s.start // factor, s.stop // factor) for s in DETAIL
        )
        detail = image[rows, columns]
        details[name] = detail.repeat(3 * factor, 0).repeat(3 * factor, 1)
    return details


def _draw_networks(folder, inferencer, lr, size):
    net = inferencer.inferencer.inferencer.model.generator
    image = torch.from_numpy(lr / 255).float().permute(2, 0, 1)[None]
    with torch.no_grad():
        out = padded_forward(net, image)
    weight = out.weight[0]
    _write(folder / 'weight_maps.png', weight_maps_picture(weight, size=size))
    _write(
        folder / 'weight_maps_signed.png',
        weight_maps_picture(weight, size=size, style='signed'),
    )
    for name, stage in zip(CODEBOOKS, STAGE1, strict=True):
        sheet = codebook_sheet(codebook_patches(_generator(stage, folder)), 8)
        _write(folder / f'codebook_{name}.png', sheet)


def _generator(stage, folder):
    """Network of a stage I, whose decoder was trained on one codebook."""
    net = MODELS.build(stage_config(stage, folder).model.generator)
    path = str(last_checkpoint(stage, folder))
    state = find_state_dict(load_file(path))
    load_strictly(net, take_part(state, 'generator', path), path)
    return net.eval()


def _draw_losses(folder):
    series = {}
    for stage in ITERATIONS:
        lines = []
        for path in sorted((folder / stage).glob('*/vis_data/scalars.json')):
            lines += map(json.loads, path.read_text().splitlines())
        lines = [line for line in lines if 'loss_pix' in line]
        series[stage] = (
            [line['step'] for line in lines],
            [line['loss_pix'] for line in lines],
        )
    picture = loss_curves(series, 'L1 loss on the training patches')
    _write(folder / 'loss_curve.png', picture)


def _write_table(folder, images):
    rows = {
        name: {
            'PSNR-Y': _score(psnr, images[name], images['HR'], 'Y'),
            'SSIM-Y': _score(ssim, images[name], images['HR'], 'Y'),
            'PSNR-RGB': _score(psnr, images[name], images['HR'], None),
        }
        for name in ('bicubic', 'ours')
    }
    (folder / 'results.json').write_text(json.dumps(rows, indent=2) + '\n')
    lines = [
        f'x{SCALE}, {images["HR"].shape[1]}x{images["HR"].shape[0]}, border '
        f'{SCALE} cropped, Y of BT.601',
        '',
        '| | PSNR-Y (dB) | SSIM-Y | PSNR-RGB (dB) |',
        '|---|---|---|---|',
    ]
    lines += [
        '| {} | {PSNR-Y:.2f} | {SSIM-Y:.4f} | {PSNR-RGB:.2f} |'.format(
            name, **scores
        )
        for name, scores in rows.items()
    ]
    table = '\n'.join(lines) + '\n'
    (folder / 'results.md').write_text(table)
    return table


def _score(metric, image, reference, convert_to):
    # The metrics take BGR where they convert to Y.
    return float(
        metric(
            image[..., ::-1],
            reference[..., ::-1],
            crop_border=SCALE,
            convert_to=convert_to,
            channel_order='bgr',
        )
    )


def _write(path, picture):
    mmcv.imwrite(np.ascontiguousarray(picture[..., ::-1]), str(path))
