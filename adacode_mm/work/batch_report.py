"""What a batch did, what it could not do and why."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

SHOWN = 20  # lines of a kind on the screen; the file has all of them


@dataclass
class BatchReport:
    """Fate of the items of a batch; filled by `run_batch` and its caller.

    Args:
        unit: What an item is, in the singular, such as 'image'.
        done: Number of items done by this call.
        kept: Number of items that an earlier call had finished.
        skipped: (name, reason) of what is left out on purpose: no failure.
        notes: (name, remark) about items that were done.
        failed: (name, reason) of what could not be done.
        stopped: Why the batch ended early; None if it did not.
        interrupted: Whether Ctrl-C ended it.
        handled: Number of items of this call that have a fate.
        seconds: How long they took.
    """

    unit: str = 'image'
    done: int = 0
    kept: int = 0
    skipped: list[tuple[str, str]] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    stopped: str | None = None
    interrupted: bool = False
    handled: int = 0
    seconds: float = 0.0

    @property
    def exit_code(self) -> int:
        """130 after Ctrl-C, 1 if something failed, else 0."""
        if self.interrupted:
            return 130
        return int(bool(self.failed or self.stopped))

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Count the seconds that the block takes."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds += time.perf_counter() - started

    def text(self, shown: int | None = SHOWN) -> str:
        """The report in lines, sorted, the summary last.

        Args:
            shown: How many names to list of each kind; None lists all.
        """
        lines = []
        for heading, pairs in (
            ('Notes', self.notes),
            ('Skipped', self.skipped),
            ('FAILED', self.failed),
        ):
            if not pairs:
                continue
            lines.append(f'{heading} ({len(pairs)}):')
            listed = sorted(pairs)[:shown]
            lines += [f'  {name}: {reason}' for name, reason in listed]
            if len(listed) < len(pairs):
                lines.append(f'  ... and {len(pairs) - len(listed)} more')
        if self.stopped:
            lines.append(f'STOPPED: {self.stopped}')
        lines.append(self.summary())
        return '\n'.join(lines) + '\n'

    def summary(self) -> str:
        """One line of numbers."""
        rate = self.handled / self.seconds if self.seconds else 0.0
        return (
            f'{self.unit}s: {self.done} done, {self.kept} done before, '
            f'{len(self.skipped)} skipped, {len(self.failed)} failed; '
            f'{self.seconds:.1f} s, {_digits(rate)} {self.unit}s/s'
        )


def _digits(rate):
    # Of a large image, which takes a minute, the rate is not 0.0.
    return f'{rate:.1f}' if rate >= 1 or not rate else f'{rate:.2g}'
