"""Read checkpoint files without ever running code from them.

A pickle can name any function and have it called. PyTorch's `weights_only`
reader refuses that, but it also refuses the checkpoints of MMEngine's own
runner, which hold log histories and NumPy scalars next to the tensors. Those
are read with an unpickler that knows a short list of harmless names; any
other name becomes an inert placeholder that does nothing.
"""

import importlib
import os
import pickle
from collections import OrderedDict, defaultdict
from types import SimpleNamespace

import numpy as np
import torch
from mmengine.logging import HistoryBuffer, MMLogger

from adacode_mm.exceptions import CheckpointError

_NUMPY = {
    ('numpy', 'ndarray'): np.ndarray,
    ('numpy', 'dtype'): np.dtype,
}
_IS_NUMPY_2 = int(np.__version__.split('.')[0]) >= 2
_multiarray = importlib.import_module(
    'numpy._core.multiarray' if _IS_NUMPY_2 else 'numpy.core.multiarray'
)
# Files name the module by either of its places, and load with either NumPy.
for _core in ('numpy.core', 'numpy._core'):
    for _name in ('_reconstruct', 'scalar'):
        _NUMPY[f'{_core}.multiarray', _name] = getattr(_multiarray, _name)

_TORCH_REBUILD = (
    '_rebuild_tensor',
    '_rebuild_tensor_v2',
    '_rebuild_parameter',
)
_BUILTINS = (set, frozenset, dict, list, tuple, int, float, complex, bool)


def _history_method(owner, name):
    """What `getattr` may do: name a statistic of a log history."""
    if owner is HistoryBuffer and name in ('min', 'max', 'mean', 'current'):
        return getattr(HistoryBuffer, name)
    return _refuse(f'getattr(..., {name!r})')


def _refuse(what):
    MMLogger.get_current_instance().warning(
        f'The checkpoint names {what}, which is not needed to restore a '
        f'model and was not run.'
    )
    return _Inert


def _encode(text, encoding='latin1'):
    """How pickles of protocol 2 write bytes."""
    return str(text).encode('latin1')


_ALLOWED = {
    **_NUMPY,
    ('collections', 'OrderedDict'): OrderedDict,
    ('collections', 'defaultdict'): defaultdict,
    ('mmengine.logging.history_buffer', 'HistoryBuffer'): HistoryBuffer,
    ('builtins', 'getattr'): _history_method,
    ('_codecs', 'encode'): _encode,
    ('torch', 'Size'): torch.Size,
    ('torch', 'device'): torch.device,
    **{('torch._utils', n): getattr(torch._utils, n) for n in _TORCH_REBUILD},
    **{('builtins', t.__name__): t for t in _BUILTINS},
}


class _Inert:
    """Stands for everything that is not on the list; swallows all."""

    def __new__(cls, *args, **kwargs):
        return object.__new__(cls)

    def __init__(self, *args, **kwargs):
        pass

    def __setstate__(self, state):
        pass

    def __setitem__(self, key, value):
        pass

    def __call__(self, *args, **kwargs):
        return self

    def append(self, item):
        pass

    def extend(self, items):
        pass


class _RestrictedUnpickler(pickle.Unpickler):
    def find_class(self, module, name):
        # What Python 2 called it: the runner's files use protocol 2.
        module = 'builtins' if module == '__builtin__' else module
        if (module, name) in _ALLOWED:
            return _ALLOWED[module, name]
        if module == 'torch' and isinstance(
            getattr(torch, name, None), torch.dtype
        ):
            return getattr(torch, name)
        if module == 'torch' and name.endswith('Storage'):
            return getattr(torch, name, _Inert)
        if module == 'numpy.dtypes' and name.endswith('DType'):
            return getattr(np.dtypes, name, _Inert)
        return _refuse(f'{module}.{name}')


def _restricted_load(file, **kwargs):
    return _RestrictedUnpickler(file, **kwargs).load()


# What `torch.load` uses of a pickle module.
_RESTRICTED_PICKLE = SimpleNamespace(
    __name__='adacode_mm.checkpoints.safe_load',
    Unpickler=_RestrictedUnpickler,
    load=_restricted_load,
)


def load_file(path: str | os.PathLike, map_location='cpu') -> dict:
    """Content of a .pth or .safetensors file; no code of it is run.

    Args:
        path: File written by PyTorch, MMEngine or safetensors.
        map_location: As for `torch.load`.

    Returns:
        What was saved: a state dict, or a dict that holds one.

    Raises:
        CheckpointError: If the file is missing, damaged, or not a checkpoint.
    """
    path = os.fspath(path)
    if not os.path.isfile(path):
        raise CheckpointError(
            f'There must be a checkpoint file at {path!r}, but there is none: '
            f'check the path, or run the stage that writes it.'
        )
    if path.endswith('.safetensors'):
        content = _load_safetensors(path, map_location)
    else:
        content = _load_pickled(path, map_location)
    if not isinstance(content, dict):
        raise CheckpointError(
            f'{path!r} must hold a dict of tensors, but it holds '
            f'{type(content).__name__}: it is not a checkpoint.'
        )
    return content


def _load_safetensors(path, map_location):
    from safetensors import SafetensorError
    from safetensors.torch import load_file as load_safetensors

    device = 'cpu' if map_location is None else map_location
    try:
        return load_safetensors(path, device=str(device))
    except SafetensorError as error:
        raise _damaged(path, error) from error


def _load_pickled(path, map_location):
    try:
        return torch.load(path, map_location=map_location, weights_only=True)
    except pickle.UnpicklingError:
        pass
    # What a damaged file raises depends on which of its bytes are damaged:
    # OSError, IndexError, AssertionError, struct.error, MemoryError, ...
    except Exception as error:
        raise _damaged(path, error) from error
    try:
        return torch.load(
            path,
            map_location=map_location,
            pickle_module=_RESTRICTED_PICKLE,
            weights_only=False,
        )
    except Exception as error:
        raise _damaged(path, error) from error


def _damaged(path, error):
    reason = str(error).strip().splitlines()
    return CheckpointError(
        f'{path!r} cannot be read as a checkpoint '
        f'({type(error).__name__}: {reason[0] if reason else "no details"}): '
        f'it is damaged, incomplete or of another format; fetch or write it '
        f'again.'
    )
