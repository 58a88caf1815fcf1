"""On which device, and with how many bits, a network runs."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import cv2
import torch

from adacode_mm.exceptions import InputError

DTYPES = {
    'float32': torch.float32,
    'bfloat16': torch.bfloat16,
    'float16': torch.float16,
}
_NO_MEMORY = re.compile(
    'allocate memory|not enough memory|out of memory|bad_alloc'
    '|insufficient memory|failed to allocate',
    re.IGNORECASE,
)
_AMOUNT = re.compile(r'allocate ([\d.]+ ?[KMGT]?i?B(?:ytes)?)', re.IGNORECASE)


def choose_device(name: str | torch.device) -> torch.device:
    """The device of a name; 'auto' is a GPU of CUDA if there is one.

    Raises:
        InputError: If there is no such device here.
    """
    if name == 'auto':
        name = 'cuda' if torch.cuda.is_available() else 'cpu'
    try:
        device = torch.device(name)
    except (RuntimeError, TypeError):
        device = None
    if device is None or device.type not in ('cpu', 'cuda'):
        raise InputError(
            f"The device must be 'auto', 'cpu', 'cuda' or 'cuda:0' and so "
            f'on, got {name!r}.'
        )
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if device.type == 'cuda' and (device.index or 0) >= count:
        raise InputError(
            f'The device {name} is not there: PyTorch finds {count} CUDA '
            f"devices; choose 'cpu', or install the driver and a PyTorch "
            f'for CUDA.'
        )
    if device.type == 'cuda' and device.index is None:
        # As the parameters will say where they are.
        return torch.device('cuda', torch.cuda.current_device())
    return device


def choose_dtype(name: str | torch.dtype, device: torch.device) -> torch.dtype:
    """The type of a name in `DTYPES`, if it is of use on a device.

    Raises:
        InputError: If there is no such type, or it is float16 on a CPU.
    """
    dtype = DTYPES.get(str(name).removeprefix('torch.'))
    if dtype is None:
        raise InputError(
            f'dtype must be one of {tuple(DTYPES)}, got {name!r}.'
        )
    if dtype == torch.float16 and device.type == 'cpu':
        raise InputError(
            'float16 is for GPUs, the device is the CPU: choose bfloat16, '
            'or float32.'
        )
    return dtype


@contextmanager
def memory_in_sentences(task: str, advice: str) -> Iterator[None]:
    """Turn the end of the memory in the block into an `InputError`.

    Args:
        task: What needed the memory: 'restore an image of 640x480 pixels'.
        advice: What to do: "choose tile='exact'".
    """
    try:
        yield
    except (MemoryError, RuntimeError, cv2.error) as error:
        text = str(error)
        if not isinstance(error, MemoryError) and not _NO_MEMORY.search(text):
            raise
        found = _AMOUNT.search(text)
        needed = f' ({_readable(found[1])} more were needed)' if found else ''
        raise InputError(
            f'There is not enough memory to {task}{needed}: {advice}.'
        ) from error


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
