"""Parts of a model that its checkpoints do not hold: are they the same?"""

import hashlib

import torch
from mmengine.logging import MessageHub
from torch import nn

from adacode_mm.core.exceptions import CheckpointError


def compare_unsaved_parts(
    model: nn.Module, message_hub: MessageHub, resumed: bool
) -> None:
    """Note what the parts hold, or compare it with what was noted.

    The frozen network that shows what good features look like is loaded from
    the checkpoint of another stage, each time that a training starts. If that
    file changes in between, a resumed training would aim at something else.

    Args:
        model: Model with `not_saved`, names of its children.
        message_hub: What checkpoints keep.
        resumed: Whether it comes from a checkpoint.

    Raises:
        CheckpointError: If a part is not what it was.
    """
    digests = {
        name: _digest(getattr(model, name))
        for name in getattr(model, 'not_saved', ())
        if getattr(model, name, None) is not None
    }
    before = message_hub.runtime_info.get('unsaved_parts', digests)
    for name, digest in digests.items():
        if resumed and before.get(name, digest) != digest:
            raise CheckpointError(
                f'To resume, {name}, which is in no checkpoint of this '
                f'training, must hold the same weights as when it started, '
                f'but it holds others: bring back the file that init_cfg '
                f'loads it from, or name it there.'
            )
    message_hub.update_info('unsaved_parts', digests)


def _digest(module):
    digest = hashlib.sha256()
    for name, tensor in module.state_dict().items():
        digest.update(name.encode())
        flat = tensor.detach().cpu().contiguous().flatten()
        digest.update(flat.view(torch.uint8).numpy())
    return digest.hexdigest()
