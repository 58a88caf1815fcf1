"""What a video file holds, and its frames as images."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from adacode_mm.core.exceptions import InputError

# Rows from which players take the colours of an unmarked video for BT.709.
HIGH_DEFINITION = 720
# Seconds before a wanted frame where its key frame is looked for, in turn.
EARLIER = 0, 2, 20
FULL, LIMITED = 'JPEG', 'MPEG'  # names of the ranges in FFmpeg
# Names of the matrices, by the number in the stream (ITU-T H.273).
MATRICES = {
    1: 'ITU709',
    4: 'FCC',
    5: 'ITU601',
    6: 'ITU601',
    7: 'SMPTE240M',
    9: 'BT2020',
}


class Colours(NamedTuple):
    """How a stream codes colours.

    Attributes:
        matrix: From RGB to what is stored, a value of `MATRICES`.
        range: `FULL` or `LIMITED`.
        primaries: Number in H.273, 2 if the stream does not say.
        transfer: Likewise.
    """

    matrix: str
    range: str
    primaries: int
    transfer: int


class Clip(NamedTuple):
    """A video stream.

    Attributes:
        path: Of the file.
        pts: Presentation time of each frame, ascending, in `time_base`.
        time_base: Seconds.
        rate: Mean frames a second.
        width: In pixels, upright.
        height: In pixels, upright.
        aspect: Width of a pixel, upright, in heights of one.
        pixel_format: FFmpeg's name.
        deep: Whether there are more than 8 bits per value.
        colours: How they are coded.
    """

    path: str
    pts: tuple[int, ...]
    time_base: Fraction
    rate: Fraction
    width: int
    height: int
    aspect: Fraction
    pixel_format: str
    deep: bool
    colours: Colours

    def seconds(self, pts: int) -> float:
        """Time since the first frame."""
        return float((pts - self.pts[0]) * self.time_base)


def av() -> Any:
    """The PyAV package.

    Raises:
        InputError: If it is not installed.
    """
    try:
        import av
    except ImportError as error:
        raise InputError(
            f'Videos need PyAV, which cannot be imported here ({error}): '
            'install it with "pip install adacode-mm[video]".'
        ) from error
    return av


@contextmanager
def opened(path: str) -> Iterator[tuple[Any, Any]]:
    """Container and video stream of a file.

    Raises:
        InputError: If the file is no video.
    """
    pyav = av()
    try:
        container = pyav.open(path)
    except (pyav.error.FFmpegError, OSError) as error:
        raise InputError(
            f'Expected a video at {path}, but it cannot be opened '
            f'({error.strerror or error}): check the path and the file.'
        ) from error
    with container:
        # The picture of an album is a video stream, too.
        streams = [
            each
            for each in container.streams.video
            if not each.disposition & each.disposition.attached_pic
        ]
        if not streams:
            kinds = ', '.join(x.type for x in container.streams) or 'none'
            raise InputError(
                f'Expected a file with a video stream, but the streams of '
                f'{path} are: {kinds}.'
            )
        yield container, streams[0]


def read_clip(path: str) -> Clip:
    """Look through a file; nothing but one frame is decoded.

    Raises:
        InputError: If it holds no video, or no frame of it can be decoded.
    """
    pyav = av()
    with opened(path) as (container, stream):
        pts = set()
        with suppress(pyav.error.FFmpegError):  # a file that is cut off
            for packet in container.demux(stream):
                # What an edit list cuts away is decoded, but not shown.
                shown = packet.size and not packet.is_discard
                if shown and packet.pts is not None:
                    pts.add(packet.pts)
        frame = next(_decoded(path, None), None)
        if frame is None:
            raise InputError(
                f'Expected a video at {path}, but no frame of it can be '
                'decoded: the file is damaged.'
            )
        if not pts:
            raise InputError(
                f'Expected frames with times, but {path} has none, like all '
                'streams without a container: convert it to .mkv first.'
            )
        upright = frame.height, frame.width
        aspect = stream.sample_aspect_ratio or Fraction(1)
        if round(frame.rotation / 90) % 2:
            upright, aspect = upright[::-1], 1 / aspect
        return Clip(
            path,
            tuple(sorted(pts)),
            stream.time_base,
            stream.average_rate or stream.guessed_rate or Fraction(25),
            upright[1],
            upright[0],
            aspect,
            frame.format.name,
            max(x.bits for x in frame.format.components) > 8,
            _colours(frame),
        )


def _colours(frame):
    known = MATRICES.get(int(frame.colorspace))
    if known is None:
        high = min(frame.height, frame.width) >= HIGH_DEFINITION
        known = 'ITU709' if high else 'ITU601'
    # The formats called yuvj are full range, whatever else is said.
    full = int(frame.color_range) == 2 or frame.format.name.startswith('yuvj')
    return Colours(
        known,
        FULL if full else LIMITED,
        int(frame.color_primaries),
        int(frame.color_trc),
    )


def read_frames(
    clip: Clip, start: int, stop: int
) -> Iterator[tuple[int, np.ndarray]]:
    """Frames whose time lies in a range; those that are broken are left out.

    Args:
        clip: As `read_clip` returns it.
        start: First time, in the clip's time base.
        stop: The time after the last.

    Yields:
        Time, and upright image (H, W, 3), RGB, uint8, or uint16 if the clip
        is deep.
    """
    for frame in _decoded(clip.path, start):
        if frame.pts is None or frame.pts < start:
            continue
        if frame.pts >= stop:
            return
        yield frame.pts, _rgb(frame, clip)


def _decoded(path, start):
    """Frames in order, from a key frame before `start` on."""
    for before in EARLIER if start is not None else ():
        frames = _decoded_from(path, start, before)
        first = next(frames, None)
        # Seeking in MPEG-TS lands where the decoding time fits: too late.
        if first is not None and (first.pts is None or first.pts <= start):
            yield first
            yield from frames
            return
        frames.close()
    yield from _decoded_from(path, None, 0)


def _decoded_from(path, start, before):
    """Frames from the key frame on that a search for a time finds.

    Args:
        path: Of the file.
        start: Time in the stream's time base; None for the beginning.
        before: Seconds to search earlier.
    """
    pyav = av()
    with opened(path) as (container, stream):
        stream.thread_type = 'AUTO'
        if start is not None:
            try:
                place = start - round(before / stream.time_base)
                container.seek(place, stream=stream, backward=True)
            except pyav.error.FFmpegError:
                return  # formats without an index
        packets = container.demux(stream)
        # A file that is cut off ends where it is.
        with suppress(pyav.error.FFmpegError):
            for packet in packets:
                # Whoever counts the times sees which one was broken.
                with suppress(pyav.error.FFmpegError):
                    yield from packet.decode()


def _rgb(frame, clip):
    known = clip.colours
    planar = frame.format.is_rgb
    found = frame.reformat(
        format='rgb48le' if clip.deep else 'rgb24',
        **(
            {}
            if planar
            else {
                'src_colorspace': known.matrix,
                'src_color_range': known.range,
                'dst_color_range': FULL,
            }
        ),
    ).to_ndarray()
    turns = round(frame.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(found, turns)) if turns else found
