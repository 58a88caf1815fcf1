"""Feature maps that are kept between two layers: in memory or in a file."""

import tempfile

import torch
from torch import Tensor

from adacode_mm.core.exceptions import OutputError
from adacode_mm.models.layers.map_statistics import MapStatistics

from .rows import Rows


class HeldMap(Rows):
    """A map that is written strip by strip, from top to bottom.

    Args:
        shape: Channels, height and width.

    Attributes:
        statistics: `MapStatistics` of what was written last.
    """

    def __init__(self, shape: tuple[int, int, int]):
        super().__init__(shape, 0, 0)
        self.statistics = MapStatistics(self.channels)

    def write(self, first: int, strip: Tensor) -> None:
        """Put a strip (1, C, rows, W) at row `first`.

        Row 0 begins a map anew: it may replace one that is being read, as
        long as nothing above the strip will be read again.
        """
        if first == 0:
            self.statistics = MapStatistics(self.channels)
        self.statistics.add(strip)
        self._put(first, strip.permute(0, 2, 3, 1)[0])

    def close(self) -> None:
        """Give memory or disk space back."""

    def _put(self, first, pixels):
        raise NotImplementedError


class MemoryMap(HeldMap):
    """A map in the memory of a device."""

    def __init__(self, shape: tuple[int, int, int], device: torch.device):
        super().__init__(shape)
        self._device = device
        self._pixels = None

    def _put(self, first, pixels):
        if self._pixels is None:
            self._pixels = torch.empty(
                (self.height, self.width, self.channels),
                dtype=pixels.dtype,
                device=self._device,
            )
        self._pixels[first : first + len(pixels)] = pixels

    def rows(self, first: int, last: int) -> Tensor:
        return self._pixels[first:last].permute(2, 0, 1)[None]

    def close(self) -> None:
        self._pixels = None


class FileMap(HeldMap):
    """A map in a temporary file that has no name.

    Plain reading and writing: the pages of a memory-mapped file would count
    as memory of this process. Without a name, the file ends with the process,
    however that ends.
    """

    def __init__(
        self,
        shape: tuple[int, int, int],
        folder: str,
        device: torch.device,
    ):
        super().__init__(shape)
        self._folder, self._device = folder, device
        self._dtype = None
        try:
            self._file = tempfile.TemporaryFile(  # noqa: SIM115
                dir=folder, buffering=0
            )
        except OSError as error:
            raise self._failure(error) from error

    def _failure(self, error):
        return OutputError(
            f'Temporary files must fit into {self._folder}, got '
            f'"{error.strerror}": free some space, or name another folder in '
            f'the environment variable TMPDIR.'
        )

    def _place(self, row):
        itemsize = torch.empty((), dtype=self._dtype).element_size()
        return row * self.width * self.channels * itemsize

    def _put(self, first, pixels):
        self._dtype = pixels.dtype
        rest = _bytes(pixels.cpu().contiguous())
        try:
            self._file.seek(self._place(first))
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise self._failure(error) from error

    def rows(self, first: int, last: int) -> Tensor:
        pixels = torch.empty(
            (last - first, self.width, self.channels), dtype=self._dtype
        )
        rest = _bytes(pixels)
        self._file.seek(self._place(first))
        while rest:
            count = self._file.readinto(rest)
            if not count:
                raise OutputError(
                    f'A temporary file in {self._folder} must hold row '
                    f'{last - 1} of {self.height}, but ends before it: '
                    f'restore the image again.'
                )
            rest = rest[count:]
        return pixels.to(self._device).permute(2, 0, 1)[None]

    def close(self) -> None:
        self._file.close()


def _bytes(tensor):
    """The memory of a contiguous tensor, of any type, as bytes."""
    return memoryview(tensor.view(torch.uint8).numpy()).cast('B')
