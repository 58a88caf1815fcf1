"""On which device, and with how many bits, a network runs."""

import torch

from adacode_mm.core.exceptions import InputError

DTYPES = {
    'float32': torch.float32,
    'bfloat16': torch.bfloat16,
    'float16': torch.float16,
}


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
