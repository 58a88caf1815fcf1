"""Carries out passes over feature maps, strip by strip, or only plans them."""

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import NamedTuple

import torch

from adacode_mm.core.exceptions import OutputError

from .held_map import FileMap, HeldMap, MemoryMap
from .rows import Rows

_MIN_ROWS = 4


class Limits(NamedTuple):
    """What passes may use.

    Attributes:
        maps: Bytes of memory for maps that are kept between layers; what
            does not fit goes to temporary files.
        strip: Bytes of memory for the strips that are worked on.
        latent_rows: Rows of the latent grid per strip; None follows `strip`.
        folder: Folder of the temporary files.
    """

    maps: int
    strip: int
    latent_rows: int | None
    folder: str


class Plan:
    """Adds up what passes would take, and computes nothing.

    Args:
        memory: Bytes of memory for maps; counted as float32.

    Attributes:
        tells: Whether anybody hears of progress.
        cost: Multiply-accumulates.
        in_memory: For each map that is kept, in turn, whether it finds room
            there; else it goes to a file.
        disk: Bytes of all files at the same time.
    """

    tells = False

    def __init__(self, memory: int):
        self.cost = 0
        self.in_memory: list[bool] = []
        self.disk = 0
        self._memory = memory
        self._kept, self._filed = {}, {}  # map -> bytes

    def hold(
        self, source: Rows, message: str = '', into: HeldMap | None = None
    ) -> HeldMap:
        """Keep all rows of a map, in place of another one if `into`."""
        self.emit(source, message)
        if into is not None:
            return into
        kept, size = HeldMap(source.shape), map_bytes(source)
        fits = sum(self._kept.values()) + size <= self._memory
        self.in_memory.append(fits)
        (self._kept if fits else self._filed)[kept] = size
        self.disk = max(self.disk, sum(self._filed.values()))
        return kept

    def emit(
        self, source: Rows, message: str, take: Callable | None = None
    ) -> None:
        """Give all rows of a map away: `take(first row, strip)`."""
        self.cost += source.height * source.row_cost

    def skip(self, cost: float, message: str) -> None:
        """Something of that cost is done elsewhere."""
        self.cost += cost

    def free(self, *maps: Rows) -> None:
        """These maps are not needed any more."""
        for kept in maps:
            self._kept.pop(kept, None)
            self._filed.pop(kept, None)


class Passes(AbstractContextManager):
    """Carries passes out. Leaving the context gives everything back.

    Args:
        plan: The same passes, planned.
        limits: What they may use.
        latent_height: Rows of the latent grid.
        device: Where layers are computed.
        progress: Called with the fraction that is done and what is going on.
    """

    def __init__(
        self,
        plan: Plan,
        limits: Limits,
        latent_height: int,
        device: torch.device,
        progress: Callable[[float, str], None] | None = None,
    ):
        self.limits = limits
        self.tells = progress is not None
        self._plan = plan
        self._latent_height = latent_height
        self._device = device
        self._progress = progress
        self._done = 0
        self._in_memory = iter(plan.in_memory)
        self._kept = set()
        self._check_disk()

    def _check_disk(self):
        needed = self._plan.disk
        free = shutil.disk_usage(self.limits.folder).free
        if needed > free:
            raise OutputError(
                f'{self.limits.folder} must have {needed / 2**30:.1f} GiB '
                f'for temporary files, got {free / 2**30:.1f} GiB: free some '
                f'space, name another folder in the environment variable '
                f'TMPDIR, or allow more memory.'
            )

    def __exit__(self, *error):
        self.free(*self._kept)

    def hold(
        self, source: Rows, message: str = '', into: HeldMap | None = None
    ) -> HeldMap:
        """See `Plan.hold`."""
        kept = into if into is not None else self._new_map(source)
        self.emit(source, message, kept.write)
        return kept

    def emit(
        self, source: Rows, message: str, take: Callable | None = None
    ) -> None:
        """See `Plan.emit`."""
        step = self._strip_rows(source)
        for first in range(0, source.height, step):
            last = min(first + step, source.height)
            take(first, source.rows(first, last))
            self.skip((last - first) * source.row_cost, message)

    def skip(self, cost: float, message: str) -> None:
        """See `Plan.skip`."""
        self._done += cost
        if self._progress is not None:
            self._progress(min(self._done / self._plan.cost, 1.0), message)

    def free(self, *maps: Rows) -> None:
        """See `Plan.free`."""
        for kept in maps:
            if kept in self._kept:
                self._kept.remove(kept)
                kept.close()

    def _new_map(self, source):
        if next(self._in_memory):
            kept = MemoryMap(source.shape, self._device)
        else:
            kept = FileMap(source.shape, self.limits.folder, self._device)
        self._kept.add(kept)
        return kept

    def _strip_rows(self, source):
        if self.limits.latent_rows is not None:
            rows = self.limits.latent_rows * source.height
            return max(rows // self._latent_height, 1)
        return max(int(self.limits.strip // source.row_bytes), _MIN_ROWS)


def map_bytes(source: Rows) -> int:
    """Size of a whole map in float32."""
    return source.channels * source.height * source.width * 4
