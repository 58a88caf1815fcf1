"""How one segment of a clip is restored: the task of the engines."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from adacode_mm.work.report import Fate

from .clip import Clip, read_frames
from .encode import Encoding, SegmentWriter

LENGTH = 32  # frames: what an interruption costs at most
# Frames before a segment that details are followed from: of what came
# earlier, 0.7 ** 6 = 12 % would be left.
WARM_UP = 6
SHOWN = 3  # broken frames of a segment that are named


class Segment(NamedTuple):
    """Some frames in a row.

    Attributes:
        number: From 0.
        start: Place of its first frame in `Clip.pts`.
        stop: Place after its last.
    """

    number: int
    start: int
    stop: int

    @property
    def name(self) -> str:
        """Of its file; those of a clip are in order."""
        return f'segment_{self.number:06d}.nut'


def plan_segments(count: int, length: int) -> list[Segment]:
    """Segments of so many frames each, the last may be shorter.

    Args:
        count: Frames of the clip.
        length: Frames of a segment.
    """
    return [
        Segment(number, start, min(start + length, count))
        for number, start in enumerate(range(0, count, length))
    ]


@dataclass
class SegmentTask:
    """Decodes, restores and encodes; sent to other processes before `open`.

    Args:
        clip: The source.
        folder: For the segments.
        encoding: How they are encoded.
        make_restorer: Loads the network: a `Restorer`, or what is called
            likewise with a list of images and `batch_size`.
        batch_size: Frames that go through the network together.
        temporal: Whether details follow the motion, see `Steady`.
        record: What the journal keeps of each segment.
    """

    clip: Clip
    folder: Path
    encoding: Encoding
    make_restorer: Callable[[], Callable[..., list[np.ndarray]]]
    batch_size: int
    temporal: bool
    record: dict

    def __post_init__(self):
        self._restorer: Any = None
        self._threads: int | None = None

    def __getstate__(self):
        return {**self.__dict__, '_restorer': None}

    def open(self, threads: int | None = None) -> None:
        """Load the network; see `Task`."""
        if self._restorer is None:
            if threads is not None:
                import torch

                torch.set_num_threads(threads)
            self._threads = threads
            self._restorer = self.make_restorer()

    def load(self, segment: Segment) -> Segment:
        """Nothing yet: frames are read while they are restored."""
        return segment

    def size(self, segment: Segment) -> int:
        """Number of pixels of a frame."""
        return self.clip.width * self.clip.height

    def kind(self, segment: Segment) -> int:
        """Each segment is computed alone."""
        return segment.number

    def compute(
        self,
        batch: list[Segment],
        progress: Callable[[float, str], None],
    ) -> list[list[str]]:
        """Write the files of segments; see `Task`.

        Returns:
            For each, sentences about frames that are broken.
        """
        return [self._restore(segment, progress) for segment in batch]

    def save(self, segment: Segment, result: list[str]) -> Fate:
        """The file is there already; see `Task`."""
        return Fate('done', (segment.name, self.record), tuple(result))

    def _restore(self, segment, progress):
        progress(0.0, segment.name)
        wanted = self.clip.pts[segment.start : segment.stop]
        found = set()
        path = self.folder / segment.name
        with SegmentWriter(
            path, self.clip, self.encoding, self._threads
        ) as writer:
            for time, image in self._restored(segment):
                writer.add(time, image)
                found.add(time)
                progress(len(found) / len(wanted), segment.name)
        missing = [time for time in wanted if time not in found]
        return [
            f'The frame at {clock(self.clip.seconds(time))} cannot be '
            'decoded: the one before stays until the next.'
            for time in missing[:SHOWN]
        ] + (
            [f'{len(missing) - SHOWN} more frames cannot be decoded.']
            if len(missing) > SHOWN
            else []
        )

    def _restored(self, segment) -> Iterator[tuple[int, np.ndarray]]:
        clip, steady = self.clip, None
        first = segment.start
        if self.temporal:
            from .steady import Steady

            steady = Steady()
            first = max(0, first - WARM_UP)
        start = clip.pts[first]
        last = segment.stop == len(clip.pts)
        stop = clip.pts[-1] + 1 if last else clip.pts[segment.stop]
        for times, frames in _batches(
            read_frames(clip, start, stop), self.batch_size
        ):
            results = self._restorer(frames, batch_size=self.batch_size)
            for time, given, result in zip(
                times, frames, results, strict=True
            ):
                if steady is not None:
                    result = steady(given, result)
                if bisect_left(clip.pts, time) >= segment.start:
                    yield time, result


def _batches(
    frames: Iterator[tuple[int, np.ndarray]], size: int
) -> Iterator[tuple[Sequence[int], list[np.ndarray]]]:
    times: list[int] = []
    images: list[np.ndarray] = []
    for time, image in frames:
        times.append(time)
        images.append(image)
        if len(times) == size:
            yield times, images
            times, images = [], []
    if times:
        yield times, images


def clock(seconds: float) -> str:
    """A time as players show it: 1:02:03.456."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    return f'{hours}:{minutes:02d}:{rest:06.3f}'
