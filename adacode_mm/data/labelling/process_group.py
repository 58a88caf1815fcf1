"""The processes that torchrun has started, as far as labelling needs them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
from torch import distributed

from adacode_mm.core.exceptions import InputError
from adacode_mm.core.parent_process import end_with_torchrun

# One process may have far slower images or a slower device than the others.
PATIENCE = timedelta(days=7)


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

    def share(self, content: Any) -> Any:
        """What the first process gives, in every process."""
        if self.size == 1:
            return content
        box = [content]
        distributed.broadcast_object_list(box, src=0)
        return box[0]

    def gather(self, content: Any) -> list[Any]:
        """What each process gives, by rank; waits for all of them."""
        if self.size == 1:
            return [content]
        gathered = [None] * self.size
        distributed.all_gather_object(gathered, content)
        return gathered

    def device(self, name: str | None) -> str:
        """The device of this process.

        Args:
            name: 'cpu', 'cuda', 'cuda:1' or None for a GPU if there is one.
                The processes of a machine share its GPUs out in turn.

        Raises:
            InputError: If there is no such device here.
        """
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
    """
    size = int(os.environ.get('WORLD_SIZE', 1))
    if size == 1:
        yield ProcessGroup()
        return
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
