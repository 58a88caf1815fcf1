"""The integers that an image file holds: the one table of what is read."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from adacode_mm.core.exceptions import InputError

from .damage import check_size, damage_in_sentences
from .decode_heif import avif_layout, decode_avif, decode_heic, heic_layout
from .decode_jpeg import jpeg_layout
from .decode_jpeg2000 import decode_jpeg2000, jpeg2000_layout
from .decode_pillow import decode_with_pillow, pillow_layout
from .decode_png import decode_png, png_layout
from .decode_pnm import decode_pnm, pnm_layout
from .decode_tiff import decode_tiff, tiff_layout
from .formats import format_of
from .samples import Decoded, Layout, Samples, decoded


class Format(NamedTuple):
    """How files of one format are read.

    Attributes:
        layout: Content -> what is stored, by the header.
        decode: Content -> samples.
        bits: Samples of a pixel -> depths; what is not here is refused.
    """

    layout: Callable[[bytes], Layout]
    decode: Callable[[bytes], Samples]
    bits: dict[str, tuple[int, ...]]


def _each(names: str, *bits: int):
    return dict.fromkeys(names.split(), bits)


def _of_pillow(name: str, samples: str) -> Format:
    return Format(
        partial(pillow_layout, format=name),
        partial(decode_with_pillow, format=name),
        _each(samples, 8),
    )


_DEPTHS = (*range(1, 9), 10, 12, 14, 16)
# Other decoders are never called, however a file is named: some of Pillow's
# start programs.
FORMATS = {
    'PNG': Format(
        png_layout,
        decode_png,
        {
            'gray': (1, 2, 4, 8, 16),
            'palette': (1, 2, 4, 8),
            **_each('gray+alpha RGB RGB+alpha', 8, 16),
        },
    ),
    'TIFF': Format(
        tiff_layout,
        decode_tiff,
        {
            **_each('gray gray+alpha RGB RGB+alpha', *_DEPTHS),
            **_each('palette palette+alpha', 1, 2, 4, 8),
            **_each('CMYK CMYK+alpha', 8, 16),
        },
    ),
    'JPEG2000': Format(
        jpeg2000_layout,
        decode_jpeg2000,
        _each('gray gray+alpha RGB RGB+alpha', *range(1, 17)),
    ),
    'AVIF': Format(
        avif_layout,
        decode_avif,
        _each('gray gray+alpha RGB RGB+alpha', 8, 10, 12),
    ),
    'HEIC': Format(
        heic_layout,
        decode_heic,
        _each('gray gray+alpha RGB RGB+alpha', 8, 10, 12),
    ),
    'PNM': Format(pnm_layout, decode_pnm, _each('gray RGB', *range(1, 17))),
    'JPEG': _of_pillow('JPEG', 'gray RGB CMYK')._replace(layout=jpeg_layout),
    'WEBP': _of_pillow('WEBP', 'RGB RGB+alpha'),
    'BMP': _of_pillow('BMP', 'gray palette RGB RGB+alpha'),
    'GIF': _of_pillow(
        'GIF', 'gray gray+alpha palette palette+alpha RGB RGB+alpha'
    ),
    'TGA': _of_pillow(
        'TGA', 'gray gray+alpha palette palette+alpha RGB RGB+alpha'
    ),
}


def layout_of(content: bytes) -> Layout:
    """How a file that can be read is stored, by its header.

    Raises:
        InputError: As `decode_file`, but for damaged pixels.
    """
    return _known(content)[1]


def decode_file(content: bytes) -> Decoded:
    """Decode an image without loss, upright as EXIF says.

    Palettes become RGB, or grey if they hold nothing else; CMYK goes through
    its colour profile if there is one; of an animation, the first picture is
    taken.

    Args:
        content: Content of an image file.

    Raises:
        InputError: If it is no image, is damaged or cut off, has pixels of
            another kind or too many of them.
    """
    format, layout = _known(content)
    with damage_in_sentences():
        found = decoded(format.decode(content))
    if layout.samples.startswith('palette') and _is_gray(found.pixels):
        found = found._replace(pixels=found.pixels[..., 0].copy())
    return found


def _is_gray(pixels):
    return (
        pixels.ndim == 3
        and np.array_equal(pixels[..., 0], pixels[..., 1])
        and np.array_equal(pixels[..., 1], pixels[..., 2])
    )


def _known(content):
    if not content:
        raise InputError('The file is empty: expected an image, got 0 bytes.')
    name = format_of(content)
    if name is None:
        raise InputError(
            'The file is not an image of a kind that can be read: expected '
            'PNG, JPEG, TIFF, WebP, AVIF, HEIC, JPEG 2000, BMP, GIF, TGA, '
            'PBM, PGM or PPM.'
        )
    format = FORMATS[name]
    with damage_in_sentences():
        layout = format.layout(content)
    check_size(layout.height, layout.width)
    if layout.bits not in format.bits.get(layout.samples, ()):
        allowed = ', '.join(
            f'{samples} of {_listed(bits)}'
            for samples, bits in format.bits.items()
        )
        raise InputError(
            f'The {name} file has pixels that cannot be read: '
            f'{layout.samples} of {layout.bits} bits; expected {allowed}. '
            f'Convert the file.'
        )
    return format, layout


def _listed(bits):
    whole = list(range(bits[0], bits[-1] + 1))
    if len(bits) > 2 and list(bits) == whole:
        return f'{bits[0]} to {bits[-1]} bits'
    return f'{", ".join(map(str, bits))} bits'
