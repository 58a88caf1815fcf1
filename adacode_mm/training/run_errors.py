"""What goes wrong while a config is built or run, as one sentence."""

import errno
import logging
import os
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from mmengine.logging import MMLogger

from adacode_mm.core.exceptions import ConfigError, InputError, OutputError

# What a disk or its owner says, whatever is written.
_DISK = {
    getattr(errno, name)
    for name in ('ENOSPC', 'EDQUOT', 'EROFS', 'EFBIG')
    if hasattr(errno, name)
}
# What constructors raise about their arguments.
_WRONG_VALUES = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    ImportError,
    KeyError,
    NotImplementedError,
    TypeError,
    ValueError,
)
# How PyTorch hands on what a worker of a loader has raised.
_FROM_WORKER = re.compile(r'Caught (\w+) in DataLoader worker process')


@contextmanager
def building() -> Iterator[None]:
    """What building something from a config raises, as a `ConfigError`.

    Its traceback goes to the log file.
    """
    try:
        yield
    except InputError:
        raise
    except _WRONG_VALUES as error:
        _to_log_file(traceback.format_exc())
        reason = str(error.args[0] if error.args else error).rstrip('.')
        reason = reason or type(error).__name__
        raise ConfigError(
            f'The config cannot be built: {reason}. (--debug shows where.)'
        ) from error


@contextmanager
def running(work_dir: str) -> Iterator[None]:
    """What ends a run from outside: its data, its disk, its work directory.

    Anything else keeps its traceback, which goes to the log file, too.
    """
    try:
        yield
    except InputError as error:
        match = _FROM_WORKER.match(str(error))
        if not match:
            raise
        # The last line is the error's own message, behind its class.
        last = str(error).strip().splitlines()[-1]
        raise type(error)(last.partition(': ')[2] or last) from error
    except OSError as error:
        if error.errno not in _DISK and os.path.isdir(work_dir):
            _to_log_file(traceback.format_exc())
            raise
        raise lost_output(work_dir, error) from error
    except Exception:
        _to_log_file(traceback.format_exc())
        raise


def lost_output(work_dir: str, error: OSError) -> OutputError:
    """Error about a work directory that nothing can be written to."""
    if not os.path.isdir(work_dir):
        return OutputError(
            f'The work directory {work_dir!r} has been removed during the '
            f'run: keep it until the run has ended, and start again.'
        )
    return OutputError(
        f'Cannot write to {error.filename or work_dir!r} '
        f'({error.strerror or error}): make room, then go on from the last '
        f'checkpoint with --resume.'
    )


def watch_log_files(logger: logging.Logger, work_dir: str) -> None:
    """Have an error while a log is written end the run.

    `logging` prints a traceback for each line instead, and goes on.
    """

    def refuse(record):
        error = sys.exc_info()[1]
        if isinstance(error, OSError):
            raise lost_output(work_dir, error) from error
        traceback.print_exc()

    for handler in logger.handlers:
        if isinstance(handler, logging.FileHandler):
            handler.handleError = refuse


def _to_log_file(text):
    logger = MMLogger.get_current_instance()
    record = logger.makeRecord(
        logger.name, logging.ERROR, __file__, 0, text, (), None
    )
    for handler in logger.handlers:
        if isinstance(handler, logging.FileHandler):
            handler.handle(record)
