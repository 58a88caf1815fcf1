"""A process that is asked to end, does so as after Ctrl-C."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

SIGNALS = [
    getattr(signal, name)
    for name in ('SIGTERM', 'SIGHUP')
    if hasattr(signal, name)
]


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Raise `KeyboardInterrupt` in the block for SIGTERM and SIGHUP, too.

    Torchrun, SLURM and a terminal that closes send these. Only the main
    thread can do so; in others, the block runs as it is.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {each: signal.getsignal(each) for each in SIGNALS}
    for each, handler in before.items():
        # `nohup` has it ignored: it stays so.
        if handler is not signal.SIG_IGN:
            signal.signal(each, signal.default_int_handler)
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
