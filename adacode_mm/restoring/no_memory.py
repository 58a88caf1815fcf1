"""What is said when the memory does not suffice."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from adacode_mm.core.exceptions import InputError

_NO_MEMORY = re.compile(
    'allocate memory|not enough memory|out of memory|bad_alloc'
    '|insufficient memory|failed to allocate',
    re.IGNORECASE,
)
_AMOUNT = re.compile(r'allocate ([\d.]+ ?[KMGT]?i?B(?:ytes)?)', re.IGNORECASE)


@contextmanager
def memory_in_sentences(task: str, advice: str) -> Iterator[None]:
    """Turn the end of the memory in the block into an `InputError`.

    Args:
        task: What needed the memory: 'restore an image of 640x480 pixels'.
        advice: What to do: "choose tile='exact'".
    """
    try:
        yield
    except (MemoryError, RuntimeError, *_of_opencv()) as error:
        text = str(error)
        if not isinstance(error, MemoryError) and not _NO_MEMORY.search(text):
            raise
        found = _AMOUNT.search(text)
        needed = f' ({_readable(found[1])} more were needed)' if found else ''
        raise InputError(
            f'There is not enough memory to {task}{needed}: {advice}.'
        ) from error


def _of_opencv():
    """What OpenCV raises, if anybody has imported it."""
    cv2 = sys.modules.get('cv2')
    return () if cv2 is None else (cv2.error,)


def _readable(amount):
    """'1048576 bytes' as '1.0 MiB'; other units stay."""
    number, unit = re.match(r'([\d.]+) ?(\w+)', amount).groups()
    if unit.lower() not in ('b', 'bytes'):
        return f'{number} {unit}'
    size = float(number)
    for unit in ('bytes', 'KiB', 'MiB', 'GiB', 'TiB'):
        if size < 1024 or unit == 'TiB':
            break
        size /= 1024
    return f'{size:.1f} {unit}'
