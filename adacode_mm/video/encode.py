"""Writes images as an encoded video stream."""

import errno
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from adacode_mm.core.atomic_files import TEMPORARY
from adacode_mm.core.exceptions import InputError, OutputError

from .clip import FULL, MATRICES, Clip, av

# Suffix -> encoder and its options: hardly to be told from the results.
ENCODERS: dict[str, tuple[str, dict[str, str]]] = {
    '.mp4': ('libx264', {'crf': '16'}),
    '.m4v': ('libx264', {'crf': '16'}),
    '.mov': ('libx264', {'crf': '16'}),
    '.mkv': ('libx264', {'crf': '16'}),
    '.webm': ('libvpx-vp9', {'crf': '20', 'b': '0'}),
    '.avi': ('libx264', {'crf': '16'}),
}
# Of a segment: it keeps any time base and any encoder's packets.
SEGMENT_FORMAT = 'nut'
# The disk's faults; all others are the encoder's.
_DISK = (errno.ENOSPC, errno.EROFS, errno.EACCES)
EARLY = 64  # frames; no encoder decodes that long before it shows


def shift_of(clip: Clip) -> int:
    """What is added to times in segments: none may be negative there."""
    return round(EARLY / (clip.rate * clip.time_base)) - min(clip.pts[0], 0)


class Encoding(NamedTuple):
    """How a stream is encoded.

    Attributes:
        encoder: FFmpeg's name.
        options: Of the encoder.
    """

    encoder: str
    options: dict[str, str]


def choose_encoding(
    suffix: str,
    encoder: str | None = None,
    options: Mapping[str, str] | None = None,
) -> Encoding:
    """How a result is encoded.

    Args:
        suffix: Of the output, such as '.mp4'.
        encoder: FFmpeg's name; None takes that of the suffix.
        options: Of the encoder; those of the suffix go if one is named.

    Raises:
        InputError: If there is no such encoder, or none for the suffix.
    """
    pyav = av()
    if suffix not in ENCODERS:
        raise InputError(
            f'Expected an output that ends in {", ".join(ENCODERS)}, got '
            f'{suffix or "no suffix"}: choose one of these.'
        )
    usual, settings = ENCODERS[suffix]
    if encoder is None or encoder == usual:
        settings = {**settings, **(options or {})}
    else:
        settings = dict(options or {})
    name = encoder or usual
    try:
        codec = pyav.codec.Codec(name, 'w')
    except ValueError:
        codec = None
    if codec is None or codec.type != 'video':
        raise InputError(
            f'Expected the name of a video encoder such as libx264, libx265, '
            f'libsvtav1 or prores_ks, got {name!r}.'
        )
    return Encoding(name, settings)


def pixel_format(
    clip: Clip, height: int, width: int, formats: Sequence[str]
) -> str:
    """FFmpeg's name of what is nearest to the source.

    Args:
        clip: The source.
        height: Of the result, in pixels.
        width: Likewise.
        formats: What the encoder takes; none if it does not say.
    """
    source = clip.pixel_format.replace('yuvj', 'yuv')
    deep = ['yuv420p10le', 'yuv422p10le', 'yuv444p10le'] if clip.deep else []
    wanted = [source, *deep, 'yuv420p', 'yuv422p', 'yuv444p']
    if height % 2 or width % 2:
        # Colours of half the size have no place for the last column.
        wanted = [each for each in wanted if '444' in each]
    fitting = [each for each in wanted if each in formats]
    return [*fitting, *formats, wanted[-1]][0]


class SegmentWriter:
    """Writes a file of encoded frames; a context.

    Args:
        path: Of the file; it is there only after the block has ended well.
        clip: The source.
        encoding: How it is encoded.
        threads: Of the encoder; None leaves it to FFmpeg.
    """

    def __init__(
        self,
        path: Path,
        clip: Clip,
        encoding: Encoding,
        threads: int | None = None,
    ):
        self._path, self._clip, self._encoding = path, clip, encoding
        self._threads = threads
        self._partial = path.with_name(f'{TEMPORARY}{path.name}')
        self._stream = self._container = None

    def __enter__(self) -> 'SegmentWriter':
        return self

    def add(self, pts: int, image: np.ndarray) -> None:
        """Encode one frame.

        Args:
            pts: Its time in the clip's time base, larger than the last.
            image: (H, W, 3), RGB, uint8 or uint16.

        Raises:
            InputError: If the encoder refuses its options.
            OutputError: If it cannot be written.
        """
        pyav = av()
        known = self._clip.colours
        deep = image.dtype == np.uint16
        frame = pyav.VideoFrame.from_ndarray(
            np.ascontiguousarray(image), 'rgb48le' if deep else 'rgb24'
        )
        try:
            if self._stream is None:
                self._begin(*image.shape[:2])
            frame = frame.reformat(
                format=self._stream.codec_context.pix_fmt,
                dst_colorspace=known.matrix,
                src_color_range=FULL,
                dst_color_range=known.range,
            )
            frame.pts = pts + shift_of(self._clip)
            frame.time_base = self._clip.time_base
            self._container.mux(self._stream.encode(frame))
        except (pyav.error.FFmpegError, ValueError, OSError) as error:
            raise self._cannot(error) from error

    def _begin(self, height, width):
        pyav = av()
        self._container = pyav.open(
            str(self._partial), 'w', format=SEGMENT_FORMAT
        )
        stream = self._container.add_stream(
            self._encoding.encoder,
            rate=self._clip.rate,
            options=self._encoding.options,
        )
        context = stream.codec_context
        context.width, context.height = width, height
        formats = [each.name for each in context.codec.video_formats or ()]
        context.pix_fmt = pixel_format(self._clip, height, width, formats)
        context.time_base = self._clip.time_base
        context.sample_aspect_ratio = self._clip.aspect
        known = self._clip.colours
        context.color_range = 2 if known.range == FULL else 1
        context.colorspace = next(
            number for number, name in MATRICES.items() if name == known.matrix
        )
        context.color_primaries = known.primaries
        context.color_trc = known.transfer
        if self._threads is not None:
            context.thread_count = self._threads
        self._stream = stream

    def _cannot(self, error):
        if getattr(error, 'errno', None) in _DISK:
            return OutputError(f'Cannot write {self._path}: {error.strerror}.')
        options = ' '.join(
            f'{key}={value}' for key, value in self._encoding.options.items()
        )
        return InputError(
            f'Expected the encoder {self._encoding.encoder} to start with '
            f'{options or "no options"}, but it says: {error}. Choose others '
            'by --encoder and --encoder-option.'
        )

    def __exit__(self, kind, error, trace) -> None:
        pyav = av()
        try:
            if self._stream is not None:
                if kind is None:
                    self._container.mux(self._stream.encode(None))
                self._container.close()
            if kind is None and self._stream is not None:
                os.replace(self._partial, self._path)
        except (pyav.error.FFmpegError, OSError) as error:
            raise self._cannot(error) from error
        finally:
            self._partial.unlink(missing_ok=True)
