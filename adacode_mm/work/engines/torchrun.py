"""The processes that torchrun has started: who does which part."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from adacode_mm.core.exceptions import InputError
from adacode_mm.core.parent_process import end_with_torchrun
from adacode_mm.work.report import Report

# One process may have far slower images or a slower device than the others.
PATIENCE = timedelta(days=7)
VARIABLES = ('RANK', 'WORLD_SIZE', 'MASTER_ADDR', 'MASTER_PORT')


@dataclass(frozen=True)
class ProcessGroup:
    """This process among all that work together.

    Args:
        rank: Its number.
        size: Number of processes.
        local_rank: Its number on its machine.
    """

    rank: int = 0
    size: int = 1
    local_rank: int = 0

    def part(self, items: Sequence[Any]) -> Sequence[Any]:
        """What of the items is done here."""
        return items[self.rank :: self.size]

    def share(self, content: Any) -> Any:
        """What the first process gives, in every process."""
        if self.size == 1:
            return content
        from torch import distributed

        box = [content]
        distributed.broadcast_object_list(box, src=0)
        return box[0]

    def first(self, function: Callable[[], Any]) -> Any:
        """What the first process finds, in every process.

        Raises:
            InputError: As it does there.
        """
        result = error = None
        if self.rank == 0:
            try:
                result = function()
            except InputError as raised:
                error = raised
        result, error = self.share((result, error))
        if error is not None:
            raise error
        return result

    def gather(self, content: Any) -> list[Any]:
        """What each process gives, by rank; waits for all of them."""
        if self.size == 1:
            return [content]
        from torch import distributed

        gathered = [None] * self.size
        distributed.all_gather_object(gathered, content)
        return gathered

    def merge(self, report: Report) -> None:
        """Add what the other processes did to the report of each.

        Torchrun stops all processes when one ends with another exit code
        than 0, since an image was bad: so all wait here.
        """
        everyone = self.gather(report)
        for rank, each in enumerate(everyone):
            if rank != self.rank:
                report.merge(each)

    def device(self, name: str | None) -> str:
        """The device of this process.

        Args:
            name: 'cpu', 'cuda', 'cuda:1' or None for a GPU if there is one.
                The processes of a machine share its GPUs out in turn.

        Raises:
            InputError: If there is no such device here.
        """
        import torch

        gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if name is None:
            name = 'cuda' if gpus else 'cpu'
        if name == 'cuda' and gpus:
            name = f'cuda:{self.local_rank % gpus}'
        known = ['cpu', *(f'cuda:{n}' for n in range(gpus))]
        if name not in known:
            raise InputError(
                f'The device must be one of {known}, got {name!r}: give '
                f'another --device.'
            )
        return name


@contextmanager
def joined_processes() -> Iterator[ProcessGroup]:
    """Join the other processes of torchrun; alone without it.

    Only names and small records are exchanged, so that gloo does for GPUs,
    too, and nothing is asked of the network card.

    Raises:
        InputError: If a part of torchrun's variables is set.
    """
    if int(os.environ.get('WORLD_SIZE', 1)) == 1:
        yield ProcessGroup()
        return
    missing = [name for name in VARIABLES if name not in os.environ]
    if missing:
        raise InputError(
            f'Expected the variables {", ".join(VARIABLES)}, as torchrun sets '
            f'them, found no {", ".join(missing)}: start with torchrun.'
        )
    from torch import distributed

    end_with_torchrun()
    distributed.init_process_group('gloo', timeout=PATIENCE)
    try:
        yield ProcessGroup(
            distributed.get_rank(),
            distributed.get_world_size(),
            int(os.environ.get('LOCAL_RANK', 0)),
        )
    finally:
        distributed.destroy_process_group()
