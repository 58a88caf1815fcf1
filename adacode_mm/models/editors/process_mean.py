"""What is logged, averaged over processes."""

import torch
from mmengine.dist import all_reduce, get_world_size
from torch import Tensor


def process_mean(logs: dict[str, Tensor]) -> dict[str, Tensor]:
    """Mean of scalars over all processes, which all log the same names.

    MMEngine logs those of the first process. The losses are means over the
    images of a batch, so their mean over processes is that of the whole
    batch. One message for all of them; without other processes, none.
    """
    if get_world_size() == 1 or not logs:
        return logs
    values = torch.stack([value.detach().float() for value in logs.values()])
    all_reduce(values, op='mean')
    # At once: the log needs each of them on the host.
    return dict(zip(logs, values.cpu(), strict=True))
