"""What a batch did, what it could not do and why; how far it is."""

import math
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from adacode_mm.core.atomic_files import write_atomically
from adacode_mm.core.exceptions import InputError, OutputError

SHOWN = 20  # lines of a kind on the screen; the file has all of them
INTERRUPTED = 'Interrupted: call again to go on; what is finished is kept.'
NO_MEMORY = (
    'It needs more memory than there is: choose --tile exact, a smaller '
    '--batch-size or another --device.'
)


class SkippedItem(Exception):  # noqa: N818  # not an error
    """An item is left out on purpose; the message says why."""


class Fate(NamedTuple):
    """What became of an item; travels between processes.

    Attributes:
        kind: 'done', 'skipped', 'failed'; 'stopped' ends the batch, and
            'unusable' says that there cannot be one.
        content: The result of what is done, else the reason.
        notes: Remarks on what is done.
        traceback: Of an error that nobody foresaw.
    """

    kind: str
    content: Any = None
    notes: tuple[str, ...] = ()
    traceback: str = ''

    @classmethod
    def of(cls, error: BaseException) -> 'Fate':
        """Of an item that has ended in an error."""
        if isinstance(error, SkippedItem):
            return cls('skipped', str(error))
        if isinstance(error, OutputError):
            return cls('stopped', str(error))
        if is_out_of_memory(error):
            return cls('failed', NO_MEMORY)
        if isinstance(error, InputError):
            return cls('failed', str(error))
        text = ''.join(traceback.format_exception(error))
        if isinstance(error, OSError):
            reason = f'The system says "{error.strerror or error}".'
        else:
            reason = f'Unexpected {type(error).__name__}: {error}'
        return cls('failed', reason, traceback=text)


def fate_of(function: Callable[..., Any], *args: Any) -> Fate:
    """Call a function, which returns a result or a `Fate`."""
    try:
        result = function(*args)
    except Exception as error:
        return Fate.of(error)
    return result if isinstance(result, Fate) else Fate('done', result)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out, of the machine or of a GPU."""
    # PyTorch raises a RuntimeError of its own, by name for a GPU only.
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError)
        and (
            type(error).__name__ == 'OutOfMemoryError'
            or "can't allocate memory" in str(error)
            or 'not enough memory' in str(error)
        )
    )


@dataclass
class Report:
    """Fate of the items of a batch; filled by an engine and its caller.

    Args:
        unit: What an item is, in the singular, such as 'image'.
        done: Number of items done by this call.
        kept: Number of items that an earlier call had finished.
        skipped: (name, reason) of what is left out on purpose: no failure.
        notes: (name, remark) about items that were done.
        failed: (name, reason) of what could not be done.
        tracebacks: (name, traceback) of errors that nobody foresaw.
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
    tracebacks: list[tuple[str, str]] = field(default_factory=list)
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

    def interrupt(self) -> None:
        """Ctrl-C, or a signal that asks for the end."""
        self.interrupted, self.stopped = True, INTERRUPTED

    def add(self, name: str, fate: Fate) -> None:
        """Count an item."""
        if fate.kind == 'stopped':
            self.stopped = self.stopped or fate.content
            return
        self.handled += 1
        if fate.kind == 'done':
            self.done += 1
            self.notes += [(name, note) for note in fate.notes]
        else:
            getattr(self, fate.kind).append((name, fate.content))
        if fate.traceback:
            self.tracebacks.append((name, fate.traceback))

    def merge(self, other: 'Report') -> None:
        """Add what another process did of the same batch."""
        for name in ('done', 'kept', 'handled'):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ('skipped', 'notes', 'failed', 'tracebacks'):
            getattr(self, name).extend(getattr(other, name))
        self.stopped = self.stopped or other.stopped
        self.interrupted |= other.interrupted
        self.seconds = max(self.seconds, other.seconds)

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

    def finish(
        self,
        report: Path | None,
        log: Path | None,
        *,
        always: bool = False,
        debug: bool = False,
        quiet: bool = False,
    ) -> int:
        """Print the report, and write what the screen is too short for.

        Args:
            report: File for all names; None if there is no folder for it.
            log: File for tracebacks; None shows them on the screen.
            always: Write the report also where the screen shows all of it.
            debug: Show tracebacks on the screen, too.
            quiet: Print nothing if nothing went wrong.

        Returns:
            The exit code for the process.
        """
        text, everything = self.text(), self.text(shown=None)
        longer = len(text) < len(everything)
        if report and (always or longer):
            said = f'All names are in {report}\n' if longer else ''
            text += _write(report, everything, said)
        errors = ''.join(f'{name}\n{each}\n' for name, each in self.tracebacks)
        if errors and log:
            said = f'The tracebacks of unexpected errors are in {log}\n'
            text += _write(log, errors, said)
        if errors and (debug or not log):
            print(errors, end='', file=sys.stderr, flush=True)
        if self.exit_code or not quiet:
            print(text, end='', flush=True)
        return self.exit_code


def _write(path, text, said):
    try:
        write_atomically(path, text)
    except OutputError as error:  # a full disk: the screen has to do
        return f'{error}\n'
    return said


def _digits(rate):
    # Of a large image, which takes a minute, the rate is not 0.0.
    return f'{rate:.1f}' if rate >= 1 or not rate else f'{rate:.2g}'


# As that of tqdm, with whole numbers also while an image is half done, and
# with images per second also where it takes many seconds for one.
FORMAT = (
    '{l_bar}{bar}| {whole}/{total} [{elapsed}<{remaining}, '
    '{rate_noinv_fmt}{postfix}]'
)
NAME = 24  # letters


class ProgressBar:
    """A bar on the screen, or a line now and then in a log.

    It appears when the first item moves, or with `start`.

    Args:
        total: Number of items.
        unit: What they are, in the plural.
        hidden: Show nothing.
        kept: How many of them an earlier call has done.
    """

    def __init__(
        self,
        total: int,
        unit: str = 'images',
        hidden: bool = False,
        kept: int = 0,
    ):
        self._lock = threading.Lock()
        self._within = 0.0
        self._kept = kept
        self._options = {
            'total': total,
            'initial': kept,
            'unit': f' {unit}',
            'bar_format': FORMAT,
            'dynamic_ncols': True,
            'smoothing': 0,  # the rate since the beginning
            'mininterval': 0.2 if sys.stderr.isatty() else 10,
            'disable': hidden,
        }

    @cached_property
    def _bar(self):
        return _tqdm()(**self._options)

    def start(self) -> None:
        """Show it, and count the time from now on."""
        with self._lock:
            self._bar.refresh()

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

    def computed(self, items: int = 1) -> None:
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
            if '_bar' in self.__dict__:
                self._bar.close()


def _tqdm():
    from tqdm import tqdm  # here, since `--help` needs none

    class Bar(tqdm):
        @property
        def format_dict(self):
            known = super().format_dict
            # Sums of parts are off by rounding.
            return {**known, 'whole': math.floor(known['n'] + 1e-6)}

    return Bar


class Books:
    """Report, progress bar and journal of one run, kept in step.

    An item is (name for the report, argument of the work).

    Args:
        report: Gets the fate of every item.
        bar: Shows how far the run is.
        begin: Called with the argument of an item before it is worked on.
        done: Called with name and result of every item that is done, for
            good; may raise `OutputError`, which ends the run.
    """

    def __init__(
        self,
        report: Report,
        bar: ProgressBar,
        begin: Callable[[Any], None] = lambda argument: None,
        done: Callable[[str, Any], None] = lambda name, result: None,
    ):
        self.report = report
        self.bar = bar
        self.begin = begin
        self._done = done
        self._lock = threading.Lock()

    def settle(self, item: tuple[str, Any], fate: Fate) -> None:
        """An item has its fate."""
        if fate.kind == 'unusable':
            raise InputError(fate.content)
        with self._lock:
            if fate.kind == 'done':
                try:
                    self._done(item[0], fate.content)
                except OutputError as error:
                    fate = Fate.of(error)
            self.report.add(item[0], fate)

    @property
    def stopped(self) -> bool:
        """Whether nothing more is to be done."""
        return self.report.stopped is not None
