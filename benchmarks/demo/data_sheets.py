"""Sheets of what the demo has made, to look at."""

from itertools import cycle
from pathlib import Path

import mmcv
import numpy as np

from adacode_mm.data.transforms.box_mask import BoxMask
from adacode_mm.data.transforms.brush_stroke_mask import BrushStrokeMask
from adacode_mm.data.transforms.bsrgan_degradation import BSRGANDegradation
from adacode_mm.data.transforms.random_mask import RandomMask
from adacode_mm.views.contact_sheet import Tile, contact_sheet
from adacode_mm.views.degradation_sheet import degradation_sheet

SHOWN = 6  # patches of different photographs
DRAWS = 3
KINDS = {
    'box 40, 60, 120, 90': BoxMask([(40, 60, 120, 90)]),
    'random box': RandomMask('bbox', {'max_bbox_shape': 128}, seed=0),
    'irregular': RandomMask('irregular', seed=0),
    'free-form': RandomMask('ff', seed=0),
    'brush strokes': BrushStrokeMask(seed=0),
    'thin brush': BrushStrokeMask(brush_width=(4, 12), seed=0),
}


def write_sheets(folder: Path) -> list[Path]:
    """Write `degraded.png` and `masks.png`.

    Args:
        folder: Holds `patches` and what was made of them.

    Returns:
        Their paths, and those of the contact sheets of the super-classes.
    """
    first = (folder / 'patches').glob('*_s001.png')
    # In colour: three channels of a gray photograph look alike in all of it.
    names = sorted(path.name for path in first if _is_coloured(_read(path)))
    names = names[:SHOWN]
    degraded, masks = folder / 'degraded.png', folder / 'masks.png'
    _write(degraded, _degraded_sheet(folder, names[:4]))
    _write(masks, _mask_sheet(folder, names))
    contact_sheets = (folder / 'annotations').glob('contact_sheet_*.png')
    return [*sorted(contact_sheets), degraded, masks]


def _degraded_sheet(folder, names):
    """GT; the partners on disk, x2 and x4; x4 as drawn during training."""
    online = BSRGANDegradation(scale=4, seed=0)
    rows = {}
    for name in names:
        gt = _read(folder / 'patches' / name)
        pictures = [gt] + [
            _read(folder / f'patches_LR_X{scale}' / name) for scale in (2, 4)
        ]
        for draw in range(DRAWS):
            results = {'gt': gt, 'gt_channel_order': 'rgb', 'sample_idx': draw}
            pictures.append(online(results)['img'])
        rows[name] = pictures
    drawn = [f'x4, on the way, {draw}' for draw in range(1, DRAWS + 1)]
    return degradation_sheet(rows, ['x2, on disk', 'x4, on disk', *drawn])


def _mask_sheet(folder, names):
    tiles = []
    for name in names:
        mask = _read(folder / 'patches_masks' / name)[..., 0] > 0
        painted = _read(folder / 'patches_inpaint' / name)
        tiles.append(_tile(painted, 'on disk', mask))
    for name, (kind, transform) in zip(
        cycle(names), KINDS.items(), strict=False
    ):
        image = _read(folder / 'patches' / name)
        mask = transform({'gt': image, 'sample_idx': 0})['mask']
        painted = np.where(mask == 1, np.uint8(255), image)
        tiles.append(_tile(painted, kind, mask))
    title = 'Masks: brush strokes on disk, other kinds on the way'
    return contact_sheet(tiles, title, columns=SHOWN, size=200)


def _is_coloured(image):
    return np.ptp(image.astype(int), axis=-1).max() > 20


def _tile(painted, kind, mask):
    return Tile(painted, [kind, f'{mask.mean():.0%} covered'])


def _read(path):
    return mmcv.imread(str(path), channel_order='rgb')


def _write(path, picture):
    mmcv.imwrite(np.ascontiguousarray(picture[..., ::-1]), str(path))
