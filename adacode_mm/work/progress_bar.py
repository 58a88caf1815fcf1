"""How far a batch is: images, their rate, the time left."""

import math
import sys
import threading

from tqdm import tqdm

# As that of tqdm, with whole numbers also while an image is half done, and
# with images per second also where it takes many seconds for one.
FORMAT = (
    '{l_bar}{bar}| {whole}/{total} [{elapsed}<{remaining}, '
    '{rate_noinv_fmt}{postfix}]'
)
NAME = 24  # letters


class ProgressBar:
    """A bar on the screen, or a line now and then in a log.

    Args:
        total: Number of items.
        unit: What they are, in the plural.
        hidden: Show nothing.
    """

    def __init__(self, total: int, unit: str = 'images', hidden: bool = False):
        self._lock = threading.Lock()
        self._within = 0.0
        self._kept = 0
        self._bar = _Bar(
            total=total,
            unit=f' {unit}',
            bar_format=FORMAT,
            dynamic_ncols=True,
            smoothing=0,  # the rate since the beginning
            mininterval=0.2 if sys.stderr.isatty() else 10,
            disable=hidden,
        )

    def keep(self) -> None:
        """One item needs no work; it does not count for the rate."""
        with self._lock:
            self._kept += 1
            self._bar.initial = self._kept
            self._bar.update()

    def within(self, name: str, done: float, items: int = 1) -> None:
        """Show how far the items are that are being computed.

        Args:
            name: Of the first of them.
            done: Fraction, 0 to 1.
            items: How many are computed together.
        """
        shown = name if len(name) <= NAME else f'...{name[3 - NAME :]}'
        with self._lock:
            text = f'{shown} {done:.0%}' if done < 1 else ''
            self._bar.set_postfix_str(text, refresh=False)
            self._bar.update(done * items - self._within)
            self._within = done * items

    def computed(self, items: int) -> None:
        """These items are computed, or have failed at it."""
        with self._lock:
            self._bar.update(items - self._within)
            self._within = 0.0

    def failed(self) -> None:
        """An item will not be computed."""
        with self._lock:
            self._bar.update()

    def close(self) -> None:
        """Leave the bar as it is on the screen."""
        with self._lock:
            self._bar.close()


class _Bar(tqdm):
    @property
    def format_dict(self):
        known = super().format_dict
        # Sums of parts are off by rounding.
        return {**known, 'whole': math.floor(known['n'] + 1e-6)}
