"""Puts encoded segments together with the other streams of the source."""

import os
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

from adacode_mm.core.atomic_files import TEMPORARY
from adacode_mm.core.exceptions import InputError, OutputError

from .clip import Clip, av, opened
from .encode import shift_of

KEPT = ('audio', 'subtitle', 'attachment')


def join(clip: Clip, segments: Sequence[Path], output: Path) -> list[str]:
    """Write a video from its segments, without encoding anything again.

    Sound, subtitles, chapters and tags come from the source. The file is
    there only when it is whole.

    Args:
        clip: The source.
        segments: Files of `SegmentWriter`, in order.
        output: File to write; its suffix says of what kind.

    Returns:
        Sentences about what could not be kept.

    Raises:
        InputError: If the kind of file cannot hold what the encoder wrote.
        OutputError: If it cannot be written.
    """
    pyav = av()
    partial = output.with_name(f'{TEMPORARY}{output.name}')
    notes: list[str] = []
    try:
        with (
            opened(clip.path) as (source, _),
            pyav.open(str(partial), 'w') as target,
        ):
            _write(clip, segments, source, target, notes)
        os.replace(partial, output)
    except pyav.error.FFmpegError as error:
        raise InputError(
            f'Expected {output.suffix} to hold what the encoder wrote, but '
            f'FFmpeg says: {error}. Choose another --encoder or suffix.'
        ) from error
    except OSError as error:
        raise OutputError(
            f'Cannot write {output}: {error.strerror}.'
        ) from error
    finally:
        partial.unlink(missing_ok=True)
    return notes


def _write(clip, segments, source, target, notes):
    pyav = av()
    with pyav.open(str(segments[0])) as first:
        video = target.add_stream_from_template(first.streams.video[0])
    others = {}
    for stream in source.streams:
        if stream.type not in KEPT:
            continue
        try:
            others[stream.index] = target.add_stream_from_template(stream)
        except (ValueError, pyav.error.FFmpegError):
            name = getattr(stream.codec_context, 'name', 'unknown')
            notes.append(
                f'{target.format.name} cannot hold the {stream.type} '
                f'({name}) of the source: it is left out. .mkv holds nearly '
                'everything.'
            )
    for index, stream in others.items():
        _describe(stream, source.streams[index])
    target.metadata.update(source.metadata)
    chapters = source.chapters()
    if chapters:
        target.set_chapters(chapters)
    copied = _copied(source, others)
    waiting = next(copied, None)
    for packet in _packets(clip, segments):
        time = packet.dts * packet.time_base
        while waiting is not None and waiting[0] <= time:
            target.mux(waiting[1])
            waiting = next(copied, None)
        packet.stream = video
        target.mux(packet)
    while waiting is not None:
        target.mux(waiting[1])
        waiting = next(copied, None)


def _describe(stream, like):
    """Its language and name, and whether players choose it."""
    stream.metadata.update(like.metadata)
    stream.disposition = like.disposition


def _copied(source, others) -> Iterator[tuple[Fraction, object]]:
    if not others:
        return
    source.seek(0)
    streams = [source.streams[index] for index in others]
    try:
        for packet in source.demux(streams):
            if packet.dts is None or not packet.size:
                continue
            time = packet.dts * packet.time_base
            packet.stream = others[packet.stream.index]
            yield time, packet
    except av().error.FFmpegError:
        return  # the source is cut off here


def _packets(clip, segments):
    """Of all segments, with times in the clip's time base.

    Each encoder has begun to count its decoding times on its own. Here they
    are the presentation times in order, as much earlier as the frame that
    waits longest needs.
    """
    pts = [x for each in segments for x in _times(each, clip)]
    order = sorted(pts)
    rank = {time: place for place, time in enumerate(order)}
    delay = max(place - rank[time] for place, time in enumerate(pts))
    step = max(1, round(1 / (clip.rate * clip.time_base)))
    early = [order[0] - step * (delay - k) for k in range(delay)]
    decoding = [*early, *order]
    ends = [*order[1:], order[-1] + step]
    place = 0
    for segment in segments:
        with av().open(str(segment)) as container:
            for packet in container.demux(video=0):
                if not packet.size:
                    continue
                packet.pts = pts[place]
                packet.dts = decoding[place]
                packet.duration = ends[rank[pts[place]]] - pts[place]
                packet.time_base = clip.time_base
                yield packet
                place += 1


def _times(segment, clip) -> list[int]:
    shift = shift_of(clip)
    with av().open(str(segment)) as container:
        return [
            round(packet.pts * packet.time_base / clip.time_base) - shift
            for packet in container.demux(video=0)
            if packet.size
        ]
