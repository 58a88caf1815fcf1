"""Every format, layout and depth: as numpy says, or refused."""

import io
import struct
from itertools import product

import imagecodecs
import numpy as np
import pytest
import tifffile
from encoders import png, pnm, tiff
from PIL import Image

from adacode_mm.core.exceptions import InputError
from adacode_mm.images.decode_file import FORMATS, decode_file

HEIGHT, WIDTH = 5, 7
COUNTS = {'gray': 1, 'RGB': 3, 'CMYK': 4, 'palette': 1}
# Numbers of TIFF
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, CMYK = 0, 1, 2, 3, 5
ALPHAS = {'': (), 'associated': (1,), 'unassociated': (2,), 'other': (0,)}
PHOTOMETRIC = {'gray': BLACK_IS_ZERO, 'RGB': RGB, 'CMYK': CMYK}
REFUSED = None


def drawn(count, top, seed=0):
    """Random samples with black and white among them, (H, W, count)."""
    shape = (HEIGHT, WIDTH, count)
    values = np.random.default_rng(seed).integers(0, top + 1, shape)
    values[0, 0], values[0, 1] = 0, top
    return values.astype(np.uint16 if top > 255 else np.uint8)


def spread(values, top):
    """Integers up to `top` as integers up to 255 or 65535."""
    white = 255 if top <= 255 else 65535
    values = np.rint(values * (white / top))
    return values.astype(np.uint8 if white == 255 else np.uint16)


def seen(values, top, samples, alpha=False):
    """Pixels and opacity that samples mean."""
    whole = spread(values, top)
    count = COUNTS[samples]
    opacity = whole[..., count] if alpha else None
    colors = whole[..., 0] if count == 1 else whole[..., :count]
    if samples == 'CMYK':
        rounded = colors if top <= 255 else np.rint(colors / 257)
        image = Image.fromarray(rounded.astype(np.uint8), 'CMYK')
        colors = np.asarray(image.convert('RGB'))
        opacity = (
            opacity if top <= 255 or not alpha else np.rint(opacity / 257)
        )
    return colors, opacity


def tiffs():
    for samples, bits, alpha, planar, order in product(
        ('gray', 'white is zero', 'RGB', 'CMYK'),
        (1, 2, 4, 8, 10, 12, 16),
        ALPHAS,
        (False, True),
        '<>',
    ):
        base = 'gray' if samples == 'white is zero' else samples
        top, count = 2**bits - 1, COUNTS[base] + bool(alpha)
        values = drawn(count, top)
        stored = values.copy()
        if alpha == 'associated':
            continue  # a test of its own
        if samples == 'white is zero':
            stored[..., 0] = top - stored[..., 0]
        content = tiff(
            stored,
            bits,
            WHITE_IS_ZERO if samples != base else PHOTOMETRIC[base],
            extra=ALPHAS[alpha],
            planar=planar,
            order=order,
        )
        expected = seen(values, top, base, alpha == 'unassociated')
        if base == 'CMYK' and bits not in (8, 16):
            expected = REFUSED
        place = 'planar' if planar else 'interleaved'
        yield f'{samples} {bits} {alpha} {place} {order}', content, expected
    for bits, order, alpha in product(
        (1, 2, 4, 8), '<>', ('', 'unassociated')
    ):
        values = drawn(1 + bool(alpha), 2**bits - 1)
        colors = np.random.default_rng(1).integers(0, 256, (2**bits, 3))
        content = tiff(
            values, bits, PALETTE, order=order, extra=ALPHAS[alpha],
            colors=colors.astype(np.uint16) * 257,
        )  # fmt: skip
        pixels = colors[values[..., 0]].astype(np.uint8)
        opacity = spread(values[..., 1], 2**bits - 1) if alpha else None
        yield f'palette {bits} {alpha} {order}', content, (pixels, opacity)
    for kind, samples in product(('f2', 'f4', 'f8', 'i2', 'u4'), PHOTOMETRIC):
        values = drawn(COUNTS[samples], 255).astype(kind)
        bits = 8 * values.dtype.itemsize
        content = tiff(values, bits, PHOTOMETRIC[samples])
        yield f'{samples} {kind}', content, REFUSED
    for name in ('lzw', 'zlib', 'packbits', 'zstd', 'lzma'):
        for bits, predictor, tile in product(
            (8, 16), (0, 1), (None, (16, 16))
        ):
            if predictor and name in ('packbits',):
                continue
            values = drawn(3, 2**bits - 1)
            file = io.BytesIO()
            tifffile.imwrite(
                file, values, photometric='rgb', compression=name,
                predictor=bool(predictor), tile=tile, bigtiff=bits == 16,
            )  # fmt: skip
            expected = seen(values, 2**bits - 1, 'RGB')
            yield (
                f'{name} {bits} {predictor} {tile}',
                file.getvalue(),
                expected,
            )


def pngs():
    kinds = {'gray': 0, 'RGB': 2, 'gray+alpha': 4, 'RGB+alpha': 6}
    for samples, bits in product(kinds, (1, 2, 4, 8, 16)):
        base, _, alpha = samples.partition('+')
        top = 2**bits - 1
        values = drawn(COUNTS[base] + bool(alpha), top)
        content = png(values, bits, kinds[samples])
        fits = bits >= 8 or samples == 'gray'
        expected = seen(values, top, base, alpha) if fits else REFUSED
        yield f'{samples} {bits}', content, expected
        if alpha or not fits:
            continue
        key = values[2, 3]
        data = b''.join(int(x).to_bytes(2, 'big') for x in key)
        content = png(values, bits, kinds[samples], [(b'tRNS', data)])
        pixels, _ = seen(values, top, base)
        hit = (values == key).all(-1)
        opacity = spread(np.where(hit, 0, top), top)
        yield f'{samples} {bits} one transparent', content, (pixels, opacity)
    for bits, opaque in product((1, 2, 4, 8), (True, False)):
        values = drawn(1, 2**bits - 1)
        table = np.random.default_rng(1).integers(0, 256, (2**bits, 4))
        table = table.astype(np.uint8)
        before = [(b'PLTE', table[:, :3].tobytes())]
        if not opaque:
            before.append((b'tRNS', table[:, 3].tobytes()))
        found = table[values[..., 0]]
        expected = found[..., :3], None if opaque else found[..., 3]
        yield (
            f'palette {bits} {opaque}',
            png(values, bits, 3, before),
            expected,
        )


def pnms():
    for samples, top, text in product(
        ('gray', 'RGB'), (1, 3, 15, 100, 255, 256, 1023, 65535), (False, True)
    ):
        values = drawn(COUNTS[samples], top)
        if samples == 'gray' and top == 1:
            expected = spread(values[..., 0], 1), None
        else:
            expected = seen(values, top, samples)
        yield f'{samples} {top} {text}', pnm(values, top, text), expected
    yield 'floats', b'Pf\n7 5\n-1.0\n' + bytes(140), REFUSED
    yield 'above', b'P5\n2 1\n3\n' + bytes((1, 4)), REFUSED


def jpeg2000s():
    names = ('gray', 'gray+alpha', 'RGB', 'RGB+alpha')
    for samples, bits, codec in product(
        names, (1, 2, 4, 8, 10, 12, 16), ('jp2', 'j2k')
    ):
        base, _, alpha = samples.partition('+')
        top = 2**bits - 1
        values = drawn(COUNTS[base] + bool(alpha), top)
        content = imagecodecs.jpeg2k_encode(
            values[..., 0] if values.shape[2] == 1 else values,
            level=0, bitspersample=bits, codecformat=codec,
            reversible=True,
        )  # fmt: skip
        expected = seen(values, top, base, alpha)
        yield f'{samples} {bits} {codec}', content, expected


def saved(image, format, **options):
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def by_pillow(format, modes, **options):
    """Without loss; palettes become RGB."""
    for mode in modes:
        values = drawn(4, 255)
        image = Image.fromarray(values, 'RGBA')
        if mode == 'P':
            image = image.convert('RGB').quantize(16)
        elif mode != 'RGBA':
            image = image.convert('RGB').convert(mode)
        if mode == 'LA':
            image.putalpha(Image.fromarray(values[..., 3]))
        target = {'P': 'RGB', '1': 'L'}.get(mode, mode)
        found = np.asarray(image.convert(target))
        expected = (found, None)
        if target in ('LA', 'RGBA'):
            expected = np.squeeze(found[..., :-1]), found[..., -1]
        if (format, mode) == ('bmp', 'RGBA'):  # its fourth byte means nothing
            expected = expected[0], None
        yield mode, saved(image, format, **options), expected


ENCODED = {
    'PNG': pngs,
    'TIFF': tiffs,
    'PNM': pnms,
    'JPEG2000': jpeg2000s,
    'WEBP': lambda: by_pillow(
        'webp', ('RGB', 'RGBA'), lossless=True, exact=True
    ),
    'BMP': lambda: by_pillow('bmp', ('1', 'L', 'P', 'RGB', 'RGBA')),
    'GIF': lambda: by_pillow('gif', ('L', 'P')),
    'TGA': lambda: by_pillow('tga', ('L', 'LA', 'P', 'RGB', 'RGBA')),
}


@pytest.mark.parametrize('format', ENCODED)
def test_as_numpy_says_or_refused(format):
    wrong, read = [], 0
    for name, content, expected in ENCODED[format]():
        try:
            found = decode_file(content)
        except InputError as error:
            if expected is not REFUSED:
                wrong.append(f'{name}: {error}')
            continue
        read += 1
        if expected is REFUSED:
            wrong.append(f'{name}: read')
            continue
        pixels, alpha = expected
        same = np.array_equal(found.pixels, pixels)
        same &= found.pixels.dtype == pixels.dtype
        same &= (found.alpha is None) == (alpha is None)
        if alpha is not None:
            same = same and np.array_equal(found.alpha, alpha)
        if not same:
            wrong.append(f'{name}: other values')
    assert not wrong, '\n'.join(wrong)
    assert read
    rest = {'JPEG', 'AVIF', 'HEIC'}  # with loss: tests of their own
    assert set(FORMATS) == set(ENCODED) | rest


def smooth(count, top):
    """Slopes, which lossy formats keep nearly."""
    y, x = np.mgrid[:32, :48] / 48
    planes = (x, y, (x + y) / 2, 1 - x / 2)
    values = np.stack([planes[i] for i in range(count)], -1)
    return np.rint(values * top).astype(np.uint16 if top > 255 else np.uint8)


def near(content, values, top, samples, alpha, tolerance):
    pixels, opacity = seen(values, top, samples, alpha)
    found = decode_file(content)
    assert found.pixels.dtype == pixels.dtype
    white = np.iinfo(pixels.dtype).max
    assert found.pixels.shape == pixels.shape
    difference = np.abs(found.pixels / white - pixels / white)
    assert difference.max() < tolerance
    assert (found.alpha is None) == (opacity is None)
    if alpha:
        difference = np.abs(found.alpha / white - opacity / white)
        assert difference.max() < tolerance


@pytest.mark.parametrize('mode', ['L', 'RGB', 'CMYK'])
@pytest.mark.parametrize('progressive', [False, True])
def test_jpeg(mode, progressive):
    samples = 'gray' if mode == 'L' else mode
    values = smooth(COUNTS[samples], 255)
    image = Image.fromarray(np.squeeze(values), mode)
    content = saved(
        image, 'jpeg', quality=100, subsampling=0, progressive=progressive
    )
    near(content, values, 255, samples, False, 0.02)


@pytest.mark.parametrize('bits', [8, 10, 12])
@pytest.mark.parametrize('samples', ['gray', 'RGB', 'RGB+alpha'])
def test_avif(bits, samples):
    base, _, alpha = samples.partition('+')
    top = 2**bits - 1
    values = smooth(COUNTS[base] + bool(alpha), top)
    content = imagecodecs.avif_encode(
        np.squeeze(values), level=100, bitspersample=bits
    )
    near(content, values, top, base, bool(alpha), 0.01 if bits == 8 else 0.005)


@pytest.mark.parametrize('bits', [8, 10])
@pytest.mark.parametrize('samples', ['RGB', 'RGB+alpha'])
def test_heic(bits, samples):
    heif = pytest.importorskip('pillow_heif')
    base, _, alpha = samples.partition('+')
    top = 2**bits - 1
    values = smooth(COUNTS[base] + bool(alpha), top)
    mode = ('RGBA' if alpha else 'RGB') + (';10' if bits > 8 else '')
    file = io.BytesIO()
    image = heif.from_bytes(mode, (48, 32), values.tobytes())
    image.save(file, quality=-1, chroma=444)
    near(file.getvalue(), values, top, base, bool(alpha), 0.02)


@pytest.mark.parametrize('bits', [8, 16])
def test_opacity_that_was_multiplied_in_is_taken_out(bits):
    top = 2**bits - 1
    values = smooth(4, top)
    values[:8, :, 3] = 0
    share = values[..., 3:] / top
    stored = np.dstack([np.rint(values[..., :3] * share), values[..., 3]])
    content = tiff(stored.astype(values.dtype), bits, RGB, extra=(1,))
    found = decode_file(content)
    np.testing.assert_array_equal(found.alpha, values[..., 3])
    expected = np.where(share > 0, values[..., :3], 0)
    difference = np.abs(found.pixels.astype(int) - expected)
    assert difference.max() <= 2 / share[share > 0].min()


@pytest.mark.parametrize(
    'content',
    [
        imagecodecs.jpeg_encode(smooth(1, 4095)[..., 0], bitspersample=12),
        imagecodecs.ljpeg_encode(smooth(1, 65535)[..., 0]),
        imagecodecs.jpegls_encode(smooth(3, 255)),
    ],
    ids=['12 bits', 'lossless', 'JPEG-LS'],
)
def test_a_jpeg_of_another_kind_is_not_called_damaged(content):
    with pytest.raises(InputError) as caught:
        decode_file(content)
    assert 'damaged' not in str(caught.value)
    assert 'JPEG' in str(caught.value)


def test_bands_of_a_satellite_are_no_gray():
    file = io.BytesIO()
    bands = drawn(5, 65535)
    tifffile.imwrite(
        file, bands, photometric='minisblack', planarconfig='contig'
    )
    with pytest.raises(InputError) as caught:
        decode_file(file.getvalue())
    assert '5 bands' in str(caught.value)


def test_a_missing_strip_is_not_black():
    file = io.BytesIO()
    values = drawn(3, 65535)
    tifffile.imwrite(file, values, photometric='rgb', rowsperstrip=2)
    content = file.getvalue()
    np.testing.assert_array_equal(decode_file(content).pixels, values)
    for share in (0.3, 0.6, 0.9, 0.99):
        with pytest.raises(InputError):
            decode_file(content[: int(len(content) * share)])


def test_more_rows_than_strips_are_refused_at_once():
    """tifffile would decode five million strips that are not there."""
    content = tiff(drawn(1, 1), 1, BLACK_IS_ZERO)
    height = struct.pack('<HHII', 257, 4, 1, HEIGHT)
    assert content.count(height) == 1
    tall = struct.pack('<HHII', 257, 4, 1, 2**24)
    with pytest.raises(InputError):
        decode_file(content.replace(height, tall))


def test_a_bmp_file_with_opacity():
    values = drawn(4, 255)
    pixels = values[::-1, :, [2, 1, 0, 3]].tobytes()
    masks = (0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    size = (108, WIDTH, HEIGHT, 1, 32, 3, len(pixels), 2835, 2835, 0, 0)
    header = struct.pack('<IiiHHIIiiII4I', *size, *masks).ljust(108, b'\0')
    start = 14 + len(header)
    head = struct.pack('<2sIHHI', b'BM', start + len(pixels), 0, 0, start)
    found = decode_file(head + header + pixels)
    np.testing.assert_array_equal(found.pixels, values[..., :3])
    np.testing.assert_array_equal(found.alpha, values[..., 3])
    assert found.metadata.dpi == (72.009, 72.009)
