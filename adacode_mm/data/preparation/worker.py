"""One worker process: takes an item, answers, waits for the next."""

import signal
import warnings
from contextlib import suppress

import cv2

from adacode_mm.core.exceptions import InputError, OutputError

GRACE = 5  # seconds


class SkippedItem(Exception):  # noqa: N818  # not an error
    """An item is left out on purpose; the message says why."""


class Worker:
    """A worker process as seen from the process that started it.

    It has at most one item at a time, so that its death has a name. It ends
    when this process ends, by whatever signal: its pipe closes.

    Args:
        context: Of `multiprocessing`.
        function: What it calls on the argument of an item.
        others: This process's ends of the other workers' pipes, which a fork
            copies.
    """

    def __init__(self, context, function, others=()):
        self.connection, theirs = context.Pipe()
        inherited = []
        if context.get_start_method() == 'fork':
            inherited = [*others, self.connection]
        self.process = context.Process(
            target=_work, args=(theirs, function, inherited), daemon=True
        )
        with warnings.catch_warnings():
            # Python 3.12 warns of any thread, also of those that OpenCV and
            # PyTorch keep and that a worker does not need.
            warnings.filterwarnings('ignore', '.*fork', DeprecationWarning)
            self.process.start()
        theirs.close()
        self.name = ''

    def give(self, name: str, argument) -> None:
        """Hand out an item; the answer comes through `connection`."""
        self.name = name
        with suppress(OSError):  # it has died: `receive` sees to that
            self.connection.send(argument)

    def receive(self) -> tuple | None:
        """Answer (kind, content) to the last item; None if it has died."""
        try:
            return self.connection.recv()
        except (EOFError, OSError):
            return None

    def death(self) -> str:
        """Why there was no answer, as a sentence."""
        code = self.process.exitcode
        if code is not None and code < 0:
            cause = signal.Signals(-code).name
        else:
            cause = f'exit code {code}'
        hint = ' (is there too little memory?)' if code == -9 else ''
        return f'Its worker process was ended by {cause}{hint}.'

    def dismiss(self) -> None:
        """Let it end, there being nothing left to do."""
        self.connection.close()
        self.process.join()

    def stop(self) -> None:
        """End it at once, whatever it is doing."""
        self.process.join(0)
        if self.process.is_alive():
            self.process.terminate()
            self.process.join(GRACE)
        if self.process.is_alive():
            self.process.kill()
        self.process.join()
        self.connection.close()


def _work(connection, function, inherited):
    """What a worker process runs."""
    # Ctrl-C reaches every process of a terminal: the first one decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for other in inherited:
        other.close()
    if cv2.getNumThreads() != 1:  # spawned: see `run_batch`
        cv2.setNumThreads(1)
    while True:
        try:
            argument = connection.recv()
        except (EOFError, OSError):
            return
        try:
            connection.send(_answer(function, argument))
        except OSError:
            return


def _answer(function, argument):
    try:
        return 'done', function(argument)
    except SkippedItem as reason:
        return 'skipped', str(reason)
    except OutputError as error:
        return 'stopped', str(error)
    except InputError as error:
        return 'failed', str(error)
    except MemoryError:
        return 'failed', 'It needs more memory than there is.'
    except Exception as error:
        # A defect of the function itself; the batch goes on all the same.
        return 'failed', f'Unexpected {type(error).__name__}: {error}'
