"""A queue of images, whose memory is bounded."""

import threading
from typing import Any

END = object()


class PixelQueue:
    """A queue that is full at a number of items or of pixels.

    Args:
        items: Most items that wait.
        pixels: Nothing is added while so many or more wait.
    """

    def __init__(self, items: int, pixels: int):
        self._limits = items, pixels
        self._content: list = []
        self._closed = False
        self._changed = threading.Condition()

    def put(self, item: Any, pixels: int) -> None:
        """Add an item, as soon as there is room."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._has_room())
            self._content.append((item, pixels))
            self._changed.notify_all()

    def get(self) -> Any:
        """The oldest item, as soon as there is one; `END` if closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._content)
            if self._closed:
                return END
            item, _ = self._content.pop(0)
            self._changed.notify_all()
            return item

    def close(self) -> None:
        """Let nobody wait any longer."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _has_room(self):
        items, pixels = self._limits
        held = sum(each for _, each in self._content)
        return len(self._content) < items and held < pixels
