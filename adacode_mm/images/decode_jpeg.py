"""What a JPEG file holds, also where Pillow does not read it."""

from .decode_pillow import pillow_layout
from .samples import Layout

_START_OF_SCAN = 0xDA
_FRAMES = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}
_OTHER = {0xC3: 'lossless JPEG', 0xF7: 'JPEG-LS'}
_SAMPLES = {1: 'gray', 3: 'RGB', 4: 'CMYK'}


def jpeg_layout(content: bytes) -> Layout:
    """Layout by the frame header (ITU-T T.81, B.2.2; T.87 for JPEG-LS)."""
    place = 2
    while place + 10 <= len(content) and content[place] == 0xFF:
        marker = content[place + 1]
        if marker == 0xFF:  # a fill byte
            place += 1
            continue
        if marker in _FRAMES:
            kind, bits = _OTHER.get(marker), content[place + 4]
            if kind or bits != 8:
                height, width = (
                    int.from_bytes(content[start : start + 2], 'big')
                    for start in (place + 5, place + 7)
                )
                count = content[place + 9]
                samples = kind or _SAMPLES.get(count, f'{count} samples')
                return Layout(samples, bits, height, width)
            break
        if marker == _START_OF_SCAN:
            break
        place += 2 + int.from_bytes(content[place + 2 : place + 4], 'big')
    return pillow_layout(content, 'JPEG')
