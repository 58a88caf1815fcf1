"""How much memory there is, and how much of it a restoration may use."""

import os
import re
from pathlib import Path
from typing import NamedTuple

import torch

from adacode_mm.core.exceptions import InputError

# Of the memory that nobody uses, this much may be used here.
_SHARE = 0.8
# With more memory nothing gets faster on a CPU: in strips, a network runs
# at least as fast as in one pass.
CPU_BUDGET = 2**30
VARIABLE = 'ADACODE_MEMORY'
_UNITS = {'': 1, 'K': 2**10, 'M': 2**20, 'G': 2**30, 'T': 2**40}
_NO_LIMIT = 2**60


class Budget(NamedTuple):
    """Bytes that a restoration uses besides what the process has.

    Attributes:
        limit: No more than this.
        wanted: No more than this where it can be helped.
    """

    limit: int
    wanted: int


def memory_to_use(device: torch.device, memory: int | None = None) -> Budget:
    """What a restoration may use.

    Args:
        device: Where the network runs.
        memory: Bytes that the caller allows. None takes the environment
            variable `ADACODE_MEMORY` (bytes, or with a unit: 1500M, 2G);
            without it 80 % of what is available, on a CPU no more than 1 GiB
            where it can be helped.

    Raises:
        InputError: If the number is not positive, or cannot be read.
    """
    if memory is not None:
        if isinstance(memory, bool) or memory <= 0:
            raise InputError(
                f'memory must be a positive number of bytes, got {memory!r}.'
            )
        return Budget(int(memory), int(memory))
    text = os.environ.get(VARIABLE, '')
    if text:
        number = _parse(text)
        return Budget(number, number)
    usable = int(_SHARE * available_memory(device))
    if device.type == 'cuda':
        return Budget(usable, usable)
    return Budget(usable, min(usable, CPU_BUDGET))


def _parse(text):
    match = re.fullmatch(r'(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?', text, re.I)
    number = match and int(float(match[1]) * _UNITS[match[2].upper()])
    if not number:
        raise InputError(
            f'{VARIABLE} must be a positive number of bytes such as 2G or '
            f'1500M, got {text!r}: correct or unset it.'
        )
    return number


def available_memory(device: torch.device) -> int:
    """Bytes that can be allocated on a device without harm to others.

    On the CPU the least of what the system has left, what the control groups
    (containers, batch systems) leave, and the process's own address limit.
    """
    if device.type == 'cuda':
        free, _ = torch.cuda.mem_get_info(device)
        cached = torch.cuda.memory_reserved(device)
        return free + cached - torch.cuda.memory_allocated(device)
    return max(min(_of_system(), _of_groups(), _of_process()), 0)


def _of_system(meminfo: str = '/proc/meminfo') -> int:
    try:
        text = Path(meminfo).read_text()
    except OSError:
        # No Linux: half of the memory there is.
        try:
            pages = os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE')
        except (AttributeError, ValueError, OSError):
            return _NO_LIMIT
        return pages // 2
    found = re.search(r'MemAvailable:\s*(\d+) kB', text)
    return int(found[1]) * 1024 if found else _NO_LIMIT


def _of_groups(
    membership: str = '/proc/self/cgroup', root: str = '/sys/fs/cgroup'
) -> int:
    """What the control groups of this process leave; any version."""
    try:
        lines = Path(membership).read_text().splitlines()
    except OSError:
        return _NO_LIMIT
    least = _NO_LIMIT
    for line in lines:
        _, controllers, path = line.split(':', 2)
        if controllers == '':
            top, names = Path(root), ('memory.max', 'memory.current')
        elif 'memory' in controllers.split(','):
            top = Path(root) / 'memory'
            names = 'memory.limit_in_bytes', 'memory.usage_in_bytes'
        else:
            continue
        folder = top / path.lstrip('/')
        # Inside of a container the path may be that of the host.
        folders = [folder, *folder.parents] if folder.is_dir() else [top]
        for each in folders:
            if each == top or top in each.parents:
                least = min(least, _left_in(each, *names))
    return least


def _left_in(folder, limit_name, usage_name):
    try:
        limit = int((folder / limit_name).read_text())
        usage = int((folder / usage_name).read_text())
        stat = (folder / 'memory.stat').read_text()
    except (OSError, ValueError):  # no limit: 'max', or no such file
        return _NO_LIMIT
    # Pages of files that the kernel gives up when memory is wanted.
    files = re.search(r'^(?:total_)?inactive_file (\d+)$', stat, re.M)
    return limit - usage + (int(files[1]) if files else 0)


def _of_process() -> int:
    try:
        import resource
    except ImportError:  # Windows
        return _NO_LIMIT
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY:
        return _NO_LIMIT
    try:
        pages = int(Path('/proc/self/statm').read_text().split()[0])
    except OSError:
        return limit
    return limit - pages * resource.getpagesize()
