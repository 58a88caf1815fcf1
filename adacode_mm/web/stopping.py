"""A restoration that somebody no longer wants ends at its next layer."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from torch import nn


class StoppedError(Exception):
    """Raised inside a restoration that was stopped; not an error."""


class StopSign:
    """Set by the button or by a closed page, seen by the restoration."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def stop(self) -> None:
        """Ask for the end; once is enough."""
        self._event.set()

    def check(self) -> None:
        """Do nothing, or end the work.

        Raises:
            StoppedError: After `stop`.
        """
        if self._event.is_set():
            raise StoppedError


class StopSigns:
    """One sign for each page that is open; the newest job of a page has it."""

    def __init__(self) -> None:
        self._signs: dict[str, StopSign] = {}
        self._lock = threading.Lock()

    def begin(self, page: str) -> StopSign:
        """A new job begins: stop the page's older one.

        Args:
            page: What tells pages apart, such as Gradio's session hash.
        """
        with self._lock:
            self._stop(page)
            self._signs[page] = sign = StopSign()
        return sign

    def stop(self, page: str) -> None:
        """Stop what a page has asked for, if it is not finished."""
        with self._lock:
            self._stop(page)

    def stop_all(self) -> None:
        """Stop what all pages have asked for."""
        with self._lock:
            for page in [*self._signs]:
                self._stop(page)

    def _stop(self, page):
        sign = self._signs.pop(page, None)
        if sign is not None:
            sign.stop()


@contextmanager
def watched(
    net: nn.Module, sign: StopSign, progress: Callable[[float], None]
) -> Iterator[None]:
    """Look at the sign before every layer of a network, inside the block.

    A whole image may take minutes without any other report of progress.

    Args:
        net: The network.
        sign: Of the job.
        progress: Called with the share of the layers that have been run, of
            a network that runs each of them once.

    Raises:
        StoppedError: From the network, after `sign.stop()`.
    """
    modules = [module for module in net.modules() if module is not net]
    layers = [module for module in modules if not any(module.children())]
    seen = set()

    def before(module, _):
        sign.check()
        if not any(module.children()):
            seen.add(module)
            progress(len(seen) / len(layers))

    hooks = [module.register_forward_pre_hook(before) for module in modules]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
