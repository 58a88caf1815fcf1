"""How images are compared: which plane, which border, which metrics."""

from collections.abc import Sequence
from typing import NamedTuple

from adacode_mm.core.exceptions import ConfigError


class Protocol(NamedTuple):
    """What PSNR and SSIM are measured on.

    `color` is one of

    - 'Y': studio luma of ITU-R BT.601, 16 to 235, not rounded;
    - 'Y-plane': the same luma rounded to integers;
    - 'YIQ': full-range luma, 0 to 255; SSIM takes it rounded to integers;
    - 'RGB': all three channels.

    `crop_border` is the number of pixels left out at every side; None means
    the scale, and nothing where the scale is 1 (reconstruction, inpainting).
    """

    title: str
    color: str
    crop_border: int | None
    description: str

    def border(self, scale: int) -> int:
        """Pixels left out at every side of an image of this scale."""
        if self.crop_border is not None:
            return self.crop_border
        return scale if scale > 1 else 0


PROTOCOLS = {
    'bt601': Protocol(
        'BT.601 Y',
        'Y',
        None,
        'The usual one: studio luma (ITU-R BT.601) of the 8-bit RGB images; '
        'the border of the scale is cropped.',
    ),
    'rgb': Protocol(
        'RGB',
        'RGB',
        None,
        'All three channels of the 8-bit images; the border of the scale is '
        'cropped.',
    ),
    'paper': Protocol(
        'full-range YIQ luma, crop 4',
        'YIQ',
        4,
        'What the evaluation script released with AdaCode computes: '
        'full-range luma 0.299 R + 0.587 G + 0.114 B, 4 pixels cropped at '
        'every scale, SSIM on the luma rounded to integers.',
    ),
    'y-plane': Protocol(
        'rounded BT.601 Y plane',
        'Y-plane',
        None,
        'As older tables of super-resolution: studio luma rounded to '
        'integers; the border of the scale is cropped.',
    ),
}

_OTHERS = {
    'LPIPS': {'type': 'adacode_mm.LPIPS', 'net': 'alex', 'download': False},
    'LPIPS-VGG': {'type': 'adacode_mm.LPIPS', 'net': 'vgg', 'download': False},
    'ST-LPIPS': {'type': 'adacode_mm.STLPIPS', 'net': 'alex'},
    'ST-LPIPS-VGG': {'type': 'adacode_mm.STLPIPS', 'net': 'vgg'},
    'NIQE': {'type': 'adacode_mm.RestorationNIQE'},
    'FID': {'type': 'adacode_mm.RestorationFID'},
}
_OF_PYIQA = ('DISTS', 'FSIM', 'GMSD', 'MS-SSIM', 'NLPD', 'VIF', 'VSI')
_IN_HOLES = ('Hole-PSNR', 'Hole-L1', 'Hole-SSIM')
EXTRA_METRICS = (*_OTHERS, *_OF_PYIQA, *_IN_HOLES)


def named_protocol(name: str) -> Protocol:
    """The protocol of this name.

    Raises:
        ConfigError: If there is none.
    """
    if name not in PROTOCOLS:
        raise ConfigError(
            f'protocol must be one of {tuple(PROTOCOLS)}, got {name!r}.'
        )
    return PROTOCOLS[name]


def metric_configs(
    protocol: str, scale: int, extra: Sequence[str] = ()
) -> list[dict]:
    """Configs of metrics, as `val_evaluator` and `METRICS.build` take them.

    PSNR and SSIM by the protocol come first, then the others in the order in
    which they are named. None of them downloads anything.

    Args:
        protocol: A name of `PROTOCOLS`.
        scale: Factor of super-resolution; 1 for reconstruction, inpainting.
        extra: Names of `EXTRA_METRICS`; those in the holes follow the
            protocol, too, the perceptual ones see the whole RGB image.

    Raises:
        ConfigError: If a name is unknown, or `scale` is no positive integer.
    """
    named_protocol(protocol)
    if not isinstance(scale, int) or scale < 1:
        raise ConfigError(
            f'scale must be a positive integer, 1 where sizes stay, got '
            f'{scale!r}.'
        )
    plane = {'protocol': protocol, 'scale': scale}
    configs = [
        {'type': f'adacode_mm.Protocol{score}', **plane}
        for score in ('PSNR', 'SSIM')
    ]
    for name in dict.fromkeys(extra):
        if name in _OTHERS:
            configs.append(dict(_OTHERS[name]))
        elif name in _OF_PYIQA:
            configs.append({'type': 'adacode_mm.IQAScore', 'name': name})
        elif name in _IN_HOLES:
            score = name.removeprefix('Hole-')
            configs.append(
                {'type': 'adacode_mm.HoleScore', 'score': score, **plane}
            )
        else:
            raise ConfigError(
                f'extra must name metrics of {EXTRA_METRICS}, got {name!r}.'
            )
    return configs
