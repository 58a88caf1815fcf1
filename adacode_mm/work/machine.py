"""Which process of which machine: to tell whether another one still lives."""

import os
import socket
import sys
from pathlib import Path


def this_machine() -> str:
    """Name of this machine as it is since it was started.

    Processes see each other's ids if this is equal for them. So containers
    count as machines, and a machine that was started again as another one.
    """
    parts = [socket.gethostname()]
    if sys.platform == 'linux':
        boot = Path('/proc/sys/kernel/random/boot_id')
        parts.append(boot.read_text().strip() if boot.exists() else '')
        parts.append(os.readlink('/proc/self/ns/pid'))
    return ' '.join(parts)


def start_of(pid: int) -> str | None:
    """What tells a process from a later one with the same id.

    Args:
        pid: Id of a process of this machine.

    Returns:
        None if there is no such process or it has ended; '' where the system
        does not tell.
    """
    if sys.platform != 'linux':
        return ''
    try:
        # The name of the program is in brackets and may hold anything.
        fields = Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2]
    except OSError:
        return None
    state, start = fields.split()[0], fields.split()[19]
    return None if state in 'ZX' else start
