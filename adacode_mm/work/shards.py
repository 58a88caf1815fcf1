"""The part of a batch that falls to this process, where torchrun runs many."""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adacode_mm.core.exceptions import InputError

from .machine import start_of

POLL = 0.2  # seconds


@dataclass(frozen=True)
class Shard:
    """Which part of a batch is done here.

    The processes need no connection to each other, only the same list of
    items.

    Args:
        rank: Number of this process.
        count: Number of processes.
        local_rank: Number among those of this machine.
        local_count: Number of those of this machine that torchrun watches; 0
            without torchrun.
    """

    rank: int = 0
    count: int = 1
    local_rank: int = 0
    local_count: int = 0

    @classmethod
    def of_process(cls, environ: Mapping[str, str] = os.environ) -> 'Shard':
        """From the variables that torchrun sets; RANK, WORLD_SIZE suffice.

        Raises:
            InputError: If they are set and make no sense.
        """
        if 'RANK' not in environ and 'WORLD_SIZE' not in environ:
            return cls()
        found = {name: environ.get(name) for name in ('RANK', 'WORLD_SIZE')}
        try:
            rank, count = (int(value) for value in found.values())
        except (TypeError, ValueError):
            rank, count = 0, 0
        if not 0 <= rank < count:
            raise InputError(
                'Expected RANK from 0 to WORLD_SIZE - 1 in the environment, '
                f'as torchrun sets them, got RANK={found["RANK"]} and '
                f'WORLD_SIZE={found["WORLD_SIZE"]}: set both or none.'
            )
        local_count = 0
        if 'TORCHELASTIC_RUN_ID' in environ:
            local_count = int(environ.get('LOCAL_WORLD_SIZE', 0))
        return cls(
            rank, count, int(environ.get('LOCAL_RANK', rank)), local_count
        )

    def part(self, items: Sequence[Any]) -> Sequence[Any]:
        """What of the items is done here."""
        return items[self.rank :: self.count]

    def wait_for_others(self, folder: Path) -> None:
        """Wait until the other processes of this machine are done.

        When one ends with an exit code other than 0, since an image was bad,
        torchrun stops the others in the middle of their work. If one of them
        dies, it stops this one, too; so the wait has an end.

        Args:
            folder: Which all of them can write to.
        """
        if self.local_count < 2:
            return
        torchrun = os.getppid()
        mark = f'.ended-{torchrun}-{start_of(torchrun)}'
        (folder / f'{mark}-{self.local_rank}').touch()
        while len(list(folder.glob(f'{mark}-*'))) < self.local_count:
            time.sleep(POLL)
