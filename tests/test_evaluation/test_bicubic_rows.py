"""Plain bicubic on the benchmarks has the numbers of the literature.

They pin the resizer, the conversion of colours and the border. The data sets
are looked for in the folder ADACODE_EVAL_DATA, in `data/eval` of the
repository and of the folders beside it: Set5/HR_x2, Set5/HR_x4 and BSD100.
All of BSD100 takes half a minute on a free core, so it is compared where
ADACODE_EVAL_DATA is set; otherwise every fifth image of it is, with numbers
that the same code gave when it gave those of the whole set.
"""

import adacode_mm  # noqa: F401 isort: skip  (before MMagic)
import os
from pathlib import Path

import cv2
import mmcv
import numpy as np
import pytest
from compared_images import tensor
from mmagic.datasets.transforms import MATLABLikeResize

from adacode_mm.evaluation.metrics.protocol_scores import (
    ProtocolPSNR,
    ProtocolSSIM,
)
from adacode_mm.evaluation.protocols import PROTOCOLS

ROOT = Path(__file__).resolve().parents[2]

# Mean PSNR and SSIM over the set, and how many digits are known.
ROWS = {
    ('Set5', 2): {
        'y-plane': ((33.6614, 4), (0.92988, 5)),
        'bt601': ((33.6818, 4), (0.93052, 5)),
        'paper': ((32.354, 3), (0.9223, 4)),
        'rgb': ((31.7999, 4), (0.90913, 5)),
    },
    ('Set5', 4): {
        'y-plane': ((28.4207, 4), (0.81037, 5)),
        'bt601': ((28.4314, 4), (0.81127, 5)),
        'paper': ((27.109, 3), (0.7917, 4)),
        'rgb': ((26.6955, 4), (0.77338, 5)),
    },
    ('BSD100/5', 2): {
        'y-plane': ((29.9736, 4), (0.84077, 5)),
        'bt601': ((29.9828, 4), (0.84134, 5)),
        'paper': ((28.6387, 4), (0.82853, 5)),
        'rgb': ((28.6523, 4), (0.82568, 5)),
    },
    ('BSD100/5', 4): {
        'y-plane': ((26.3642, 4), (0.66728, 5)),
        'bt601': ((26.3683, 4), (0.66813, 5)),
        'paper': ((25.0464, 4), (0.64262, 5)),
        'rgb': ((25.0468, 4), (0.63748, 5)),
    },
    ('BSD100', 2): {
        'y-plane': ((29.5579, 4), (0.84310, 5)),
        'bt601': ((29.5648, 4), (0.84364, 5)),
        'paper': ((28.222, 3), (0.8318, 4)),
        'rgb': ((28.2373, 4), (0.82991, 5)),
    },
    ('BSD100', 4): {
        'y-plane': ((25.9606, 4), (0.66738, 5)),
        'bt601': ((25.9634, 4), (0.66821, 5)),
        'paper': ((24.641, 3), (0.6439, 4)),
        'rgb': ((24.6375, 4), (0.63997, 5)),
    },
}
# As tables of the literature have it, which the protocol 'y-plane' follows.
LITERATURE = {
    ('Set5', 2): (33.66, 0.9299),
    ('Set5', 4): (28.42, 0.8104),
    ('BSD100', 2): (29.56, 0.8431),
    ('BSD100', 4): (25.96, 0.6675),
}


def eval_folder():
    """Where the data sets are."""
    given = os.environ.get('ADACODE_EVAL_DATA')
    found = [Path(given)] if given else []
    found += [ROOT / 'data' / 'eval', *ROOT.parent.glob('*/data/eval')]
    for folder in found:
        if (folder / 'Set5').is_dir() and (folder / 'BSD100').is_dir():
            return folder
    pytest.skip(
        'no folder with Set5 and BSD100: name it in ADACODE_EVAL_DATA, or '
        'put them into data/eval'
    )


def files_of(name, scale):
    folder = eval_folder()
    if name == 'Set5':
        return sorted((folder / name / f'HR_x{scale}').glob('*.png'))
    files = sorted((folder / 'BSD100').glob('*.jpg'))
    assert len(files) == 100
    everything = 'ADACODE_EVAL_DATA' in os.environ
    if name == 'BSD100' and not everything:
        pytest.skip('all of BSD100 is compared where ADACODE_EVAL_DATA is set')
    if name == 'BSD100/5' and everything:
        pytest.skip('all of BSD100 is compared instead')
    return files if name == 'BSD100' else files[::5]


def resized(image, scale):
    transform = MATLABLikeResize(keys=None, scale=scale)
    return transform._resize(image.astype(np.float64))


def eight_bits(image):
    return image.round().clip(0, 255).astype(np.uint8)


def scores_of(file, scale, metrics):
    """PSNR and SSIM of bicubic for one image, by every protocol."""
    image = cv2.imread(str(file))
    # BSD100's images are cropped to a multiple of 4 at every scale.
    height, width = (n - n % 4 for n in image.shape[:2])
    if file.suffix == '.png':
        height, width = (n - n % scale for n in image.shape[:2])
    image = image[:height, :width]
    plane = mmcv.bgr2ycbcr(image / np.float32(255), y_only=True) * 255
    plane = eight_bits(plane)[..., None]

    small = eight_bits(resized(image, 1 / scale))
    colors = image, eight_bits(resized(small, scale))
    # The literature's never rounds the small plane.
    small = resized(plane, 1 / scale)
    planes = plane, eight_bits(np.atleast_3d(resized(small, scale)))
    return {
        name: [
            metric.process_image(
                *map(tensor, planes if name == 'y-plane' else colors)
            )
            for metric in pair
        ]
        for name, pair in metrics.items()
    }


@pytest.mark.parametrize(('name', 'scale'), list(ROWS))
def test_bicubic(name, scale):
    files = files_of(name, scale)
    assert len(files) == {'Set5': 5, 'BSD100/5': 20, 'BSD100': 100}[name]
    metrics = {
        protocol: [m(protocol, scale) for m in (ProtocolPSNR, ProtocolSSIM)]
        for protocol in PROTOCOLS
    }
    values = [scores_of(file, scale, metrics) for file in files]
    found = {
        protocol: np.mean([value[protocol] for value in values], axis=0)
        for protocol in PROTOCOLS
    }
    for protocol, expected in ROWS[name, scale].items():
        for mean, (number, digits) in zip(
            found[protocol], expected, strict=True
        ):
            # what the last digit was rounded from
            assert abs(mean - number) <= 0.501 * 10**-digits, protocol
    if (name, scale) not in LITERATURE:
        return
    psnr, ssim = found['y-plane']
    assert psnr == pytest.approx(LITERATURE[name, scale][0], abs=0.005)
    assert ssim == pytest.approx(LITERATURE[name, scale][1], abs=2e-4)
