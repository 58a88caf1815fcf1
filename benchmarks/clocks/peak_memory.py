"""The most memory that this process, or its GPU, needed since a moment."""

import contextlib
import resource
from pathlib import Path

import torch


def reset_peak(device: str) -> None:
    """Forget the peak so far."""
    if device != 'cpu':
        torch.cuda.reset_peak_memory_stats()
        return
    # Where it cannot be, the peak includes all that came before.
    with contextlib.suppress(OSError):
        Path('/proc/self/clear_refs').write_text('5')


def peak_memory(device: str) -> float:
    """MiB at the peak: resident on the CPU, allocated on a GPU."""
    if device != 'cpu':
        return torch.cuda.max_memory_allocated() / 2**20
    try:
        status = Path('/proc/self/status').read_text()
        line = next(x for x in status.splitlines() if x.startswith('VmHWM'))
        return int(line.split()[1]) / 1024
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
