"""How the C library hands out the memory of CPU tensors."""

import ctypes
import sys

# From glibc's malloc.h.
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX = -1, -2, -4
_TOP_PAD = 256 * 1024**2


def keep_freed_memory() -> bool:
    """Let the process keep memory that its tensors give back.

    By default glibc returns every large block to the system at once and gets
    an empty one for the next tensor, page by page. A training step allocates
    the same large tensors over and over: on the CPU a third of its time went
    there. The process then holds as much memory as it ever needed, which a
    training does anyway.

    Returns:
        Whether it could be arranged: on Linux with glibc.
    """
    if not sys.platform.startswith('linux'):
        return False
    mallopt = getattr(ctypes.CDLL(None), 'mallopt', None)
    if mallopt is None:
        return False
    settings = {
        _M_MMAP_MAX: 0,  # no block is mapped on its own
        _M_TRIM_THRESHOLD: -1,  # the heap never shrinks
        _M_TOP_PAD: _TOP_PAD,  # and grows in large steps
    }
    done = [mallopt(name, value) for name, value in settings.items()]
    return all(done)
