"""Files are read, and nothing in them is run."""

import os
import pickle
from collections import OrderedDict

import numpy as np
import pytest
import torch
from captured_log import captured_log
from mmengine.logging import HistoryBuffer
from mmengine.runner import CheckpointLoader, load_checkpoint
from safetensors.torch import save_file

from adacode_mm.checkpoints.safe_load import load_file
from adacode_mm.checkpoints.state_dicts import find_state_dict
from adacode_mm.core.exceptions import CheckpointError


class Harmful:
    """Unpickled the usual way, it calls a function of its own choice."""

    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call

    def __call__(self):
        """Only there because a pickle refuses to call what looks inert."""


@pytest.fixture
def mark(tmp_path):
    """A file that exists once somebody ran the harmful object."""
    return tmp_path / 'code_was_run'


@pytest.fixture(params=['system', 'open', 'eval', 'chain'])
def harmful(request, mark):
    """Ways to leave the mark."""
    if request.param == 'system':
        return Harmful(os.system, f'touch {mark}')
    if request.param == 'open':
        return Harmful(open, str(mark), 'w')
    if request.param == 'eval':
        return Harmful(eval, f'open({str(mark)!r}, "w")')
    # From a harmless method, step by step, to a function that is not.
    step = Harmful(getattr, HistoryBuffer, 'mean')
    step = Harmful(getattr, step, '__globals__')
    step = Harmful(Harmful(getattr, step, '__getitem__'), '__builtins__')
    step = Harmful(Harmful(getattr, step, '__getitem__'), 'open')
    return Harmful(step, str(mark), 'w')


def history(*values):
    buffer = HistoryBuffer()
    for value in values:
        buffer.update(value)
    return buffer


def runner_like(**extra):
    """What MMEngine's runner writes, in small."""
    return {
        'meta': {'iter': 3, 'seed': np.int64(7), **extra},
        'state_dict': OrderedDict(weight=torch.arange(4.0).view(2, 2)),
        'message_hub': {
            'log_scalars': OrderedDict(loss=history(3.0, 1.0)),
            'runtime_info': {'scale': np.float32(0.5)},
        },
        'optimizer': {
            'g': {
                'state': {0: {'step': torch.tensor(3.0)}},
                'param_groups': [{'lr': 1e-4, 'betas': (0.9, 0.99)}],
            }
        },
    }


@pytest.fixture(params=['zip', 'legacy'])
def save(request, tmp_path):
    """Writes a checkpoint in one of PyTorch's two formats."""
    zipped = request.param == 'zip'

    def write(content):
        path = str(tmp_path / 'file.pth')
        torch.save(content, path, _use_new_zipfile_serialization=zipped)
        return path

    return write


def test_the_harmful_objects_are_harmful(harmful, mark):
    """Or the tests below would prove nothing."""
    pickle.loads(pickle.dumps(harmful))
    assert mark.exists()


def test_code_at_the_top_is_not_run(harmful, mark, save):
    path = save(harmful)
    with pytest.raises(CheckpointError, match='it is not a checkpoint'):
        load_file(path)
    assert not mark.exists()


def test_code_inside_of_a_runners_checkpoint_is_not_run(harmful, mark, save):
    path = save(runner_like(hook=harmful))
    with captured_log() as log:
        content = load_file(path)
    assert not mark.exists()
    assert any('was not run' in line for line in log)
    weight = find_state_dict(content)['weight']
    assert torch.equal(weight, torch.arange(4.0).view(2, 2))
    assert content['meta']['iter'] == 3


def test_mmengine_reads_its_checkpoints_in_the_same_way(harmful, mark, save):
    net = torch.nn.Linear(2, 2, bias=False)
    path = save(runner_like(hook=harmful))
    load_checkpoint(net, path)
    assert not mark.exists()
    assert net.weight.tolist() == [[0.0, 1.0], [2.0, 3.0]]
    CheckpointLoader.load_checkpoint(path)
    assert not mark.exists()


# Of a file that could change a function of PyTorch for all who use it.
CHANGES_A_FUNCTION = (
    b'\x80\x02ctorch._utils\n_rebuild_tensor\n'
    b'N}X\x07\x00\x00\x00changedI1\ns\x86b.'
)


class Stateful:
    """Pickled as a call and a state of its choice."""

    def __init__(self, function, args, state):
        self.reduced = function, args, state

    def __reduce__(self):
        return self.reduced


def forged_dtype():
    fields = {'a': (np.dtype('f8'), 0)}
    state = (3, '<', None, ('a',), fields, 8, 8, 63)
    return Stateful(np.dtype, ('f8', False, True), state)


ADDRESS = b'\x41' * 8
NOT_AN_OBJECT = {
    'not callable': Harmful(np.ndarray, (1,), np.dtype('f8'), ADDRESS),
    'an array of O8': np.array([None], dtype=object),
    'an array of V16': np.zeros(1, 'f8, O'),
    'an unusual .*(DType|dtype)': forged_dtype(),
    'an unusual ndarray': Stateful(
        np.zeros(1).__reduce__()[0],
        np.zeros(1).__reduce__()[1],
        (1, (1,), np.dtype('f8'), False, [object]),
    ),
}


@pytest.mark.parametrize('kind', NOT_AN_OBJECT)
def test_bytes_never_become_addresses(kind, save):
    """NumPy would follow them: at best, the process ends."""
    with pytest.raises(CheckpointError, match=f'cannot be read .*{kind}'):
        load_file(save(runner_like(extra=NOT_AN_OBJECT[kind])))


def test_functions_stay_as_they_are(tmp_path):
    path = tmp_path / 'model.pth'
    path.write_bytes(CHANGES_A_FUNCTION)
    with pytest.raises(CheckpointError, match='unusual function in a check'):
        load_file(path)
    assert not hasattr(torch._utils._rebuild_tensor, 'changed')
    pickle.loads(CHANGES_A_FUNCTION)
    assert torch._utils._rebuild_tensor.changed == 1, 'or nothing is proved'
    del torch._utils._rebuild_tensor.changed


def test_what_the_runner_writes_comes_back(save):
    content = load_file(save(runner_like()))
    losses = content['message_hub']['log_scalars']['loss']
    assert isinstance(losses, HistoryBuffer)
    assert [x.tolist() for x in losses.data] == [[3.0, 1.0], [1, 1]]
    assert losses.mean() == 2.0
    assert losses.statistics('min') == 1.0
    losses.update(5.0)
    assert losses.current() == 5.0
    assert content['message_hub']['runtime_info']['scale'] == 0.5
    assert content['meta']['seed'] == 7
    optimizer = content['optimizer']['g']
    assert optimizer['param_groups'] == [{'lr': 1e-4, 'betas': (0.9, 0.99)}]
    assert optimizer['state'][0]['step'] == 3.0


@pytest.mark.parametrize(
    'dtype', [torch.float16, torch.bfloat16, torch.int64, torch.bool]
)
def test_tensors_of_every_kind_come_back(save, dtype):
    shared = torch.arange(6).reshape(2, 3).to(dtype)
    saved = runner_like(array=np.arange(3.0))
    saved['state_dict'] = OrderedDict(
        a=shared, b=shared.t(), c=torch.nn.Parameter(torch.ones(2))
    )
    content = load_file(save(saved))
    state = content['state_dict']
    assert torch.equal(state['a'], shared)
    assert torch.equal(state['b'], shared.t())
    assert state['a'].dtype == dtype
    assert state['c'].tolist() == [1.0, 1.0]
    assert content['meta']['array'].tolist() == [0.0, 1.0, 2.0]


def test_a_plain_state_dict(save):
    state = {'weight': torch.randn(3)}
    found = load_file(save(state))
    assert found.keys() == state.keys()
    assert torch.equal(found['weight'], state['weight'])


def test_safetensors(tmp_path):
    state = {'weight': torch.randn(3), 'index': torch.arange(2)}
    path = tmp_path / 'weights.safetensors'
    save_file(state, path)
    loud = tmp_path / 'LOUD.SAFETENSORS'
    loud.write_bytes(path.read_bytes())
    for each in (path, str(path), loud):
        found = load_file(each)
        assert found.keys() == state.keys()
        for key, value in state.items():
            assert torch.equal(found[key], value)


@pytest.mark.parametrize('share', [0.0, 0.1, 0.5, 0.99])
def test_a_truncated_file_is_named(save, share):
    path = save(runner_like(more=list(range(1000))))
    with open(path, 'rb') as file:
        content = file.read()
    with open(path, 'wb') as file:
        file.write(content[: int(share * len(content))])
    with pytest.raises(
        CheckpointError, match=r'file\.pth.* cannot be read .*fetch or write'
    ):
        load_file(path)


def test_a_truncated_safetensors_file_is_named(tmp_path):
    path = tmp_path / 'weights.safetensors'
    save_file({'weight': torch.randn(300)}, path)
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(CheckpointError, match=r'weights\.safetensors.*cannot'):
        load_file(path)


@pytest.mark.parametrize(
    'content',
    [b'', b'hello', b'\x89PNG\r\n\x1a\n' + bytes(99), b'<html>404</html>'],
)
def test_a_file_of_another_kind(tmp_path, content):
    path = tmp_path / 'model.pth'
    path.write_bytes(content)
    reason = 'does not begin as the files of PyTorch' if content else 'empty'
    with pytest.raises(
        CheckpointError, match=rf'model\.pth.* cannot be read .*{reason}'
    ):
        load_file(path)


def test_a_torchscript_file(tmp_path):
    path = str(tmp_path / 'model.pth')
    torch.jit.script(torch.nn.Linear(2, 2)).save(path)
    with pytest.raises(CheckpointError, match=r'TorchScript') as caught:
        load_file(path)
    # PyTorch's own words are how to run it all the same.
    assert 'weights_only' not in str(caught.value)


def test_a_pickle_without_torchs_frame(harmful, mark, tmp_path):
    path = tmp_path / 'model.pth'
    path.write_bytes(pickle.dumps({'state_dict': harmful}))
    with pytest.raises(CheckpointError, match=r'model\.pth'):
        load_file(path)
    assert not mark.exists()


def test_a_missing_file(tmp_path):
    path = str(tmp_path / 'none.pth')
    message = r'must be a checkpoint file at .*none\.pth.*but there is none'
    with pytest.raises(CheckpointError, match=message):
        load_file(path)
    with pytest.raises(CheckpointError, match=message):
        CheckpointLoader.load_checkpoint(path)
    with pytest.raises(CheckpointError, match='must be a checkpoint file at'):
        load_file(tmp_path)


@pytest.mark.parametrize('content', [[1, 2], torch.zeros(2), 'text'])
def test_something_else_than_a_dict(save, content):
    name = type(content).__name__
    with pytest.raises(CheckpointError, match=rf'dict .* it holds {name}'):
        load_file(save(content))
