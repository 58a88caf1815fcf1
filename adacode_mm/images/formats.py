"""Which files count as images: by suffix in folders, by content when read."""

# Folders are searched for these; a file that you name is read whatever its
# suffix.
IMAGE_SUFFIXES = frozenset(
    (
        *('.avif', '.bmp', '.gif', '.heic', '.heif'),
        *('.j2k', '.jfif', '.jp2', '.jpe', '.jpeg', '.jpg'),
        *('.pbm', '.pgm', '.png', '.pnm', '.ppm'),
        *('.tga', '.tif', '.tiff', '.webp'),
    )
)

_SIGNATURES = {
    b'\x89PNG\r\n\x1a\n': 'PNG',
    b'\xff\xd8\xff': 'JPEG',
    b'II*\0': 'TIFF',
    b'MM\0*': 'TIFF',
    b'II+\0': 'TIFF',  # BigTIFF
    b'MM\0+': 'TIFF',
    b'GIF87a': 'GIF',
    b'GIF89a': 'GIF',
    b'BM': 'BMP',
    b'\0\0\0\x0cjP  \r\n\x87\n': 'JPEG2000',
    b'\xff\x4f\xff\x51': 'JPEG2000',
    **{b'P%d' % kind: 'PNM' for kind in range(1, 7)},
}
_HEIC_BRANDS = (b'heic', b'heix', b'heim', b'heis', b'mif1')


def format_of(content: bytes) -> str | None:
    """Format of a file by its first bytes; None for what is not read.

    TGA files begin with nothing of their own: anything whose header makes
    sense as one counts.
    """
    for signature, name in _SIGNATURES.items():
        if content.startswith(signature):
            return name
    if content[:4] == b'RIFF' and content[8:12] == b'WEBP':
        return 'WEBP'
    if content[4:8] == b'ftyp':
        brands = content[8 : int.from_bytes(content[:4], 'big')][:256]
        if b'avif' in brands or b'avis' in brands:
            return 'AVIF'
        return 'HEIC' if any(each in brands for each in _HEIC_BRANDS) else None
    return 'TGA' if _is_tga(content) else None


def _is_tga(content):
    if len(content) < 18:
        return False
    palette, kind, depth = content[1], content[2], content[16]
    sizes = content[12:14] != b'\0\0' and content[14:16] != b'\0\0'
    depths = {1: (8,), 2: (16, 24, 32), 3: (8, 16)}.get(kind & 7, ())
    return (
        palette == (kind & 7 == 1) and kind < 12 and depth in depths and sizes
    )
