"""Read checkpoint files without ever running code from them.

A pickle can name any function and have it called. PyTorch's `weights_only`
reader refuses that, but it also refuses the checkpoints of MMEngine's own
runner: `restricted_pickle` reads those.
"""

import os
import pickle
import warnings

import torch

from adacode_mm.core.exceptions import CheckpointError

from .restricted_pickle import (
    RefusedError,
    RefusingUnpickler,
    RestrictedUnpickler,
    pickle_module,
)


def load_file(
    path: str | os.PathLike,
    map_location='cpu',
    refuse_unsafe: bool = False,
) -> dict:
    """Content of a .pth or .safetensors file; no code of it is run.

    Args:
        path: File written by PyTorch, MMEngine or safetensors.
        map_location: As for `torch.load`.
        refuse_unsafe: Make it an error if the file names anything beyond
            weights and what the runner saves; otherwise such a thing is left
            out with a warning.

    Returns:
        What was saved: a state dict, or a dict that holds one.

    Raises:
        CheckpointError: If the file is missing, damaged, not a checkpoint,
            or unsafe.
    """
    path = os.fspath(path)
    if not os.path.isfile(path):
        raise CheckpointError(
            f'There must be a checkpoint file at {path!r}, but there is none: '
            f'check the path, or run the stage that writes it.'
        )
    if is_safetensors(path):
        content = _load_safetensors(path, map_location)
    else:
        # Such as how to write a file anew, which only its author can.
        with warnings.catch_warnings():
            warnings.simplefilter('ignore', UserWarning)
            content = _load_pickled(path, map_location, refuse_unsafe)
    if not isinstance(content, dict):
        raise CheckpointError(
            f'{path!r} must hold a dict of tensors, but it holds '
            f'{type(content).__name__}: it is not a checkpoint.'
        )
    return content


def is_safetensors(path: str | os.PathLike) -> bool:
    """Whether a path is that of a safetensors file, by its ending."""
    return os.fspath(path).lower().endswith('.safetensors')


def _load_safetensors(path, map_location):
    from safetensors import SafetensorError
    from safetensors.torch import load_file as load_safetensors

    device = 'cpu' if map_location is None else map_location
    try:
        return load_safetensors(path, device=str(device))
    except (SafetensorError, OSError) as error:
        raise _damaged(path, error) from error


def _load_pickled(path, map_location, refuse_unsafe):
    try:
        return torch.load(path, map_location=map_location, weights_only=True)
    except pickle.UnpicklingError:
        pass
    # What PyTorch says here is how to run the code of such a file.
    except RuntimeError as error:
        if 'TorchScript' in str(error):
            raise CheckpointError(
                f'{path!r} should hold nothing but weights, but it is a '
                f'TorchScript program, which was refused and not run: take '
                f'the file with the weights (state_dict) of the network.'
            ) from error
        raise _damaged(path, error) from error
    # What a damaged file raises depends on which of its bytes are damaged:
    # OSError, IndexError, AssertionError, struct.error, MemoryError, ...
    except Exception as error:
        raise _damaged(path, error) from error
    unpickler = RefusingUnpickler if refuse_unsafe else RestrictedUnpickler
    try:
        return torch.load(
            path,
            map_location=map_location,
            pickle_module=pickle_module(unpickler),
            weights_only=False,
        )
    except RefusedError as error:
        raise CheckpointError(
            f'{path!r} should hold nothing but weights, but it also names '
            f'{error}, which could run code: the file was refused and nothing '
            f'of it was run; fetch it again from its authors, or ask for a '
            f'.safetensors file.'
        ) from error
    except Exception as error:
        raise _damaged(path, error) from error


def _damaged(path, error):
    return CheckpointError(
        f'{path!r} cannot be read as a checkpoint ({_reason(path, error)}): '
        f'it is damaged, incomplete or of another format; fetch or write it '
        f'again.'
    )


def _reason(path, error):
    if isinstance(error, PermissionError):
        return error.strerror
    with open(path, 'rb') as file:
        head = file.read(2)
    if not head:
        return 'the file is empty'
    if head != b'PK' and head[:1] != b'\x80' and not is_safetensors(path):
        # What a reader of pickles says of a photograph helps nobody.
        return 'it does not begin as the files of PyTorch do'
    said = str(error).strip().splitlines()
    return f'{type(error).__name__}: {said[0] if said else "no details"}'
