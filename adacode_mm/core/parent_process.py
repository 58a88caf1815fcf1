"""Processes that do not outlive the one that started them."""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def end_with_parent() -> None:
    """Have the kernel kill this process when the one that started it ends.

    Does nothing on other systems than Linux, which have no such call.
    """
    if sys.platform == 'linux':
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def end_with_torchrun() -> None:
    """End with the parent process where that is torchrun.

    Torchrun ends its processes when it is stopped, but a SIGKILL leaves it no
    time to. They would go on training, and write into the same folder as the
    run that `--resume` then starts. Does nothing without torchrun.
    """
    if 'TORCHELASTIC_RUN_ID' in os.environ:
        end_with_parent()
