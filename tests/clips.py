"""Small videos of a photograph that moves, written by PyAV."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image

PHOTO = Path(__file__).parent / 'data/photos/astronaut_256.png'
TICKS = 12800  # a second
STEP = 512  # ticks from frame to frame: 25 a second
RATE = 48000  # of the sound


def photo_frames(count: int, width: int, height: int) -> list[np.ndarray]:
    """Views of a photograph that move by 2 pixels to the right."""
    photo = np.asarray(Image.open(PHOTO).convert('RGB'))
    return [
        np.ascontiguousarray(
            photo[40 : 40 + height, 40 + 2 * k : 40 + 2 * k + width]
        )
        for k in range(count)
    ]


def write_clip(
    path: Path,
    times: list[int],
    *,
    size: tuple[int, int] = (48, 32),
    pixel_format: str = 'yuv420p',
    matrix: tuple[str, int] = ('ITU709', 1),
    full: bool = False,
    sound: bool = False,
    rotation: int = 0,
    encoder: str = 'libx264',
    options: dict[str, str] | None = None,
    aspect: Fraction | None = None,
) -> None:
    """Write frames at these times, in ticks.

    Args:
        path: Of the file.
        times: Of the frames.
        size: Width and height.
        pixel_format: FFmpeg's name.
        matrix: FFmpeg's name, and number in H.273.
        full: Whether the range of values is full.
        sound: Add a tone.
        rotation: In degrees, said in the file.
        encoder: FFmpeg's name.
        options: Of the encoder; None is crf=1 for libx264.
        aspect: Width of a pixel, in heights of one.
    """
    if options is None:
        options = {'crf': '1'} if encoder == 'libx264' else {}
    with av.open(str(path), 'w') as container:
        video = container.add_stream(encoder, rate=25, options=options)
        video.width, video.height = size
        video.pix_fmt = pixel_format
        context = video.codec_context
        context.time_base = Fraction(1, TICKS)
        context.color_range = 2 if full else 1
        context.colorspace = matrix[1]
        if aspect:
            context.sample_aspect_ratio = aspect
        if rotation:
            video.set_display_rotation(rotation)
        audio = container.add_stream('aac', rate=RATE) if sound else None
        for time, image in zip(
            times, photo_frames(len(times), *size), strict=True
        ):
            frame = av.VideoFrame.from_ndarray(image, 'rgb24').reformat(
                format=pixel_format,
                dst_colorspace=matrix[0],
                src_color_range='JPEG',
                dst_color_range='JPEG' if full else 'MPEG',
            )
            frame.pts, frame.time_base = time, Fraction(1, TICKS)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if audio is None:
            return
        for start in range(0, times[-1] * RATE // TICKS, 1024):
            wave = np.sin(np.arange(start, start + 1024) / 20) / 4
            frame = av.AudioFrame.from_ndarray(
                np.stack([wave, wave]).astype(np.float32), 'fltp', 'stereo'
            )
            frame.sample_rate, frame.pts = RATE, start
            container.mux(audio.encode(frame))
        container.mux(audio.encode(None))


def even_times(count: int) -> list[int]:
    """Of frames 25 a second."""
    return [k * STEP for k in range(count)]


def seconds_of(path: Path) -> list[Fraction]:
    """Time of each frame."""
    with av.open(str(path)) as container:
        return [
            frame.pts * frame.time_base for frame in container.decode(video=0)
        ]


def packets_of(path: Path, kind: str) -> list[bytes]:
    """Content of the packets of the first stream of a kind."""
    with av.open(str(path)) as container:
        stream = getattr(container.streams, kind)[0]
        return [bytes(x) for x in container.demux(stream) if x.size]
