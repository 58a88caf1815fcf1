"""EXIF, XMP and resolution: what a restored image keeps of them."""

import re
from typing import Any

from PIL import ExifTags, Image, TiffImagePlugin

from .picture import Metadata

ORIENTATION = int(ExifTags.Base.Orientation)
# Of the first directory, what describes the photograph; the rest describes
# the file: its size, strips, resolution, preview.
_KEPT = (
    *(ExifTags.Base.ImageDescription, ExifTags.Base.Make, ExifTags.Base.Model),
    *(ExifTags.Base.Software, ExifTags.Base.DateTime, ExifTags.Base.Artist),
    *(ExifTags.Base.HostComputer, ExifTags.Base.Copyright),
    *(ExifTags.Base.Rating, ExifTags.Base.RatingPercent),
    *range(ExifTags.Base.XPTitle, ExifTags.Base.XPSubject + 1),
    # Of the directory of EXIF; some programs write these into the first one.
    ExifTags.Base.ExposureTime,
    ExifTags.Base.FNumber,
    *range(ExifTags.Base.ExifVersion, ExifTags.Base.MakerNote),
    *range(ExifTags.Base.FlashEnergy, ExifTags.Base.Gamma + 1),
)
_DIRECTORIES = (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo)
_OF_THE_FILE = (
    ExifTags.Base.ExifImageWidth,
    ExifTags.Base.ExifImageHeight,
    ExifTags.Base.ExifInteroperabilityOffset,
    ExifTags.Base.MakerNote,  # holds offsets that a copy breaks
)
_XMP_ORIENTATION = re.compile(rb'(tiff:Orientation(?:="|>\s*))([1-8])')
_CENTIMETRES = 3


def read_metadata(
    exif: bytes | Image.Exif | None,
    xmp: bytes | str | None = None,
    dpi: Any = None,
    color_chunks: tuple[tuple[bytes, bytes], ...] = (),
) -> tuple[Metadata, int, tuple[str, ...]]:
    """What to keep, the orientation 1 to 8, and notes.

    Args:
        exif: As the file has it; also a whole TIFF file.
        xmp: The packet; its orientation counts if EXIF has none.
        dpi: Horizontal and vertical, if the file tells them outside of EXIF.
        color_chunks: As of `Metadata`.
    """
    notes: tuple[str, ...] = ()
    kept, orientation, resolution = None, None, None
    try:
        found = exif if isinstance(exif, Image.Exif) else Image.Exif()
        if isinstance(exif, bytes):
            found.load(exif)
        orientation = found.get(ORIENTATION)
        resolution = _resolution(found)
        kept = _kept(found)
    except Exception:  # Pillow's parser raises anything for damaged data
        notes = ('The EXIF data is damaged: it was left out.',)
    if isinstance(xmp, str):
        xmp = xmp.encode()
    if xmp:
        hit = _XMP_ORIENTATION.search(xmp)
        orientation = orientation or (int(hit[2]) if hit else None)
        xmp = _XMP_ORIENTATION.sub(rb'\g<1>1', xmp)
    metadata = Metadata(
        kept, xmp or None, _usable(dpi or resolution), color_chunks
    )
    orientation = orientation if isinstance(orientation, int) else 1
    return metadata, orientation, notes


def exif_of(metadata: Metadata, dpi: bool = False) -> bytes | None:
    """EXIF data for a file whose image is upright, None if there is none.

    Args:
        metadata: What to keep.
        dpi: Whether the resolution goes there, too: for files that have no
            other place for it.
    """
    dpi = dpi and metadata.dpi is not None
    if metadata.exif is None and not dpi:
        return None
    exif = Image.Exif()
    if metadata.exif is not None:
        exif.load(metadata.exif)
    exif[ORIENTATION] = 1
    if dpi:
        exif[ExifTags.Base.XResolution] = metadata.dpi[0]
        exif[ExifTags.Base.YResolution] = metadata.dpi[1]
        exif[ExifTags.Base.ResolutionUnit] = 2
    return exif.tobytes()


def exif_directory(exif: bytes, offset: int) -> bytes:
    """A directory of a little-endian TIFF file, with those below it.

    Args:
        exif: As of `Metadata`.
        offset: Where in the file it goes.
    """
    found = Image.Exif()
    found.load(exif)
    directory = TiffImagePlugin.ImageFileDirectory_v2(b'II*\0\0\0\0\0')
    for tag in found:
        below = tag in _DIRECTORIES
        directory[tag] = dict(found.get_ifd(tag)) if below else found[tag]
    return directory.tobytes(offset)


def _kept(found):
    kept = Image.Exif()
    for tag in _KEPT:
        if tag in found:
            kept[tag] = found[tag]
    for tag in _DIRECTORIES:
        entries = {
            key: value
            for key, value in found.get_ifd(tag).items()
            if tag != ExifTags.IFD.Exif or key not in _OF_THE_FILE
        }
        if entries:
            kept.get_ifd(tag).update(entries)
            kept[tag] = entries
    return kept.tobytes() if len(kept) else None


def _resolution(found):
    unit = found.get(ExifTags.Base.ResolutionUnit, 2)
    x = found.get(ExifTags.Base.XResolution)
    y = found.get(ExifTags.Base.YResolution, x)
    if not x or unit not in (2, _CENTIMETRES):
        return None
    factor = 2.54 if unit == _CENTIMETRES else 1
    return float(x) * factor, float(y) * factor


def _usable(dpi):
    try:
        x, y = (round(float(each), 3) for each in dpi)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return (x, y) if 1 < x < 1e5 and 1 < y < 1e5 else None
