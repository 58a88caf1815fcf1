"""Unpicklers that know a short list of harmless names, and run nothing else.

For the checkpoints of MMEngine's own runner, which hold log histories and
NumPy scalars next to the tensors. Any other name becomes an inert placeholder
that does nothing, or is a reason to refuse the file.
"""

import functools
import importlib
import pickle
from collections import OrderedDict, defaultdict
from types import SimpleNamespace

import numpy as np
import torch
from mmengine.logging import HistoryBuffer, MMLogger

_IS_NUMPY_2 = int(np.__version__.split('.')[0]) >= 2
_multiarray = importlib.import_module(
    'numpy._core.multiarray' if _IS_NUMPY_2 else 'numpy.core.multiarray'
)


def _number_type(name, *_):
    """A dtype of numbers: others can hold addresses, given as bytes."""
    dtype = np.dtype(name)
    if dtype.kind not in 'biufc':
        raise pickle.UnpicklingError(f'an array of {name} in a checkpoint')
    # A copy, whose order of bytes a file may set.
    return np.dtype(dtype, copy=True)


def _empty_array(*_):
    """An array as its state finds it, which says all about it."""
    return np.empty(0, np.int8)


# Named in files, but never called: what it made of bytes would be unsafe.
_ARRAY = object()
_NUMPY = {
    ('numpy', 'ndarray'): _ARRAY,
    ('numpy', 'dtype'): _number_type,
}
# Files name the module by either of its places, and load with either NumPy.
for _core in ('numpy.core', 'numpy._core'):
    _NUMPY[f'{_core}.multiarray', '_reconstruct'] = _empty_array
    _NUMPY[f'{_core}.multiarray', 'scalar'] = _multiarray.scalar

_TORCH_REBUILD = (
    '_rebuild_tensor',
    '_rebuild_tensor_v2',
    '_rebuild_parameter',
)
_BUILTINS = (set, frozenset, dict, list, tuple, int, float, complex, bool)


def _history_method(turn_down, owner, name):
    """What `getattr` may do: name a statistic of a log history."""
    if owner is HistoryBuffer and name in ('min', 'max', 'mean', 'current'):
        return getattr(HistoryBuffer, name)
    return turn_down(f'getattr(..., {name!r})')


def _warn(what):
    MMLogger.get_current_instance().warning(
        f'The checkpoint names {what}, which is not needed to restore a '
        f'model and was not run.'
    )
    return _Inert


class RefusedError(Exception):
    """The file names something that weights do not need."""


def _refuse(what):
    raise RefusedError(what)


def _encode(text, encoding='latin1'):
    """How pickles of protocol 2 write bytes."""
    return str(text).encode('latin1')


_ALLOWED = {
    **_NUMPY,
    ('collections', 'OrderedDict'): OrderedDict,
    ('collections', 'defaultdict'): defaultdict,
    ('mmengine.logging.history_buffer', 'HistoryBuffer'): HistoryBuffer,
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


def _may_have(owner, state) -> bool:
    """Is this a state that such an object has in a checkpoint?"""
    if isinstance(owner, np.dtype):
        # Neither fields nor flags: they could declare numbers as addresses.
        return state[2:5] == (None,) * 3 and not any(state[7:])
    if isinstance(owner, np.ndarray):
        return state[2].kind in 'biufc' and isinstance(state[4], bytes)
    return type(owner) in (OrderedDict, HistoryBuffer, _Inert)


class RestrictedUnpickler(pickle._Unpickler):
    """Warns of a name that is not on the list, and does without it.

    In Python, as the reader of `weights_only`: that of C would let a file
    change attributes of classes and functions.
    """

    turn_down = staticmethod(_warn)
    dispatch = dict(pickle._Unpickler.dispatch)

    def load_build(self):
        owner, state = self.stack[-2:]
        if not _may_have(owner, state):
            raise pickle.UnpicklingError(
                f'an unusual {type(owner).__name__} in a checkpoint'
            )
        super().load_build()

    dispatch[pickle.BUILD[0]] = load_build

    def find_class(self, module, name):
        # What Python 2 called it: the runner's files use protocol 2.
        module = 'builtins' if module == '__builtin__' else module
        if (module, name) == ('builtins', 'getattr'):
            return functools.partial(_history_method, self.turn_down)
        if (module, name) in _ALLOWED:
            return _ALLOWED[module, name]
        if module == 'torch' and isinstance(
            getattr(torch, name, None), torch.dtype
        ):
            return getattr(torch, name)
        if module == 'torch' and name.endswith('Storage'):
            return getattr(torch, name, _Inert)
        return self.turn_down(f'{module}.{name}')


class RefusingUnpickler(RestrictedUnpickler):
    """Raises `RefusedError` for a name that is not on the list."""

    turn_down = staticmethod(_refuse)


def pickle_module(unpickler: type[pickle.Unpickler]) -> SimpleNamespace:
    """What `torch.load` uses of a pickle module."""
    return SimpleNamespace(
        __name__=__name__,
        Unpickler=unpickler,
        load=lambda file, **kwargs: unpickler(file, **kwargs).load(),
    )
