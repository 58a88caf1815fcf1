"""MMEngine's own checkpoints: written by a real run, read, resumed."""

import pytest
import torch
from mmengine.logging import HistoryBuffer
from mmengine.runner import load_checkpoint
from tiny_stages import QUICK, TINY, tiny_config

from adacode_mm.apis import train_config
from adacode_mm.checkpoints import load_file
from adacode_mm.registry import MODELS


def train(folder, **options):
    """Four iterations, a checkpoint after every second one."""
    options = {
        **QUICK,
        'train_cfg.max_iters': 4,
        'default_hooks.logger.interval': 1,
        'default_hooks.checkpoint.interval': 2,
        'custom_hooks': [],
        **options,
    }
    train_config(
        TINY / 'stage1_indoor.py',
        work_dir=str(folder),
        resume='load_from' in options,
        cfg_options=options,
    )


@pytest.fixture(scope='module')
def straight(tmp_path_factory):
    """Checkpoints of a training without a break, after 2 and 4 steps."""
    folder = tmp_path_factory.mktemp('straight')
    train(folder)
    return str(folder / 'iter_2.pth'), str(folder / 'iter_4.pth')


@pytest.fixture(scope='module')
def resumed(straight, tmp_path_factory):
    """The last checkpoint of a training that went on after 2 steps."""
    folder = tmp_path_factory.mktemp('resumed')
    train(folder, load_from=straight[0])
    return str(folder / 'iter_4.pth')


def assert_equal_trees(found, expected, path=''):
    if isinstance(expected, dict):
        assert found.keys() == expected.keys(), path
        for key, value in expected.items():
            assert_equal_trees(found[key], value, f'{path}.{key}')
    elif isinstance(expected, list | tuple):
        assert len(found) == len(expected), path
        for index, pair in enumerate(zip(found, expected, strict=True)):
            assert_equal_trees(*pair, f'{path}.{index}')
    elif isinstance(expected, HistoryBuffer):
        pairs = zip(found.data, expected.data, strict=True)
        assert all((a == b).all() for a, b in pairs), path
    elif isinstance(expected, torch.Tensor):
        assert torch.equal(found, expected), path
    else:
        assert found == expected, path


def test_the_safe_reader_reads_all_of_a_runners_checkpoint(straight):
    """Compared with PyTorch's own reader, on a file that can be trusted."""
    path = straight[0]
    with pytest.raises(Exception, match='Weights only load failed'):
        torch.load(path, weights_only=True)
    found = load_file(path)
    assert_equal_trees(found, torch.load(path, weights_only=False))
    losses = found['message_hub']['log_scalars']['train/loss_pix']
    assert len(losses.data[0]) == 2
    assert losses.current() > 0


def test_a_resumed_training_is_the_uninterrupted_one(straight, resumed):
    """Weights, optimizers, schedules, counters: bit by bit."""
    found, expected = load_file(resumed), load_file(straight[1])
    assert expected['state_dict']['step_counter'] == 4
    assert expected['meta']['iter'] == 4
    first = load_file(straight[0])['state_dict']
    last = expected['state_dict']
    assert any(not torch.equal(first[key], last[key]) for key in last)
    for part in ('state_dict', 'optimizer', 'param_schedulers'):
        assert_equal_trees(found[part], expected[part], part)
    assert found['meta']['iter'] == expected['meta']['iter']
    for name in ('generator', 'discriminator'):
        steps = {
            state['step'].item()
            for state in found['optimizer'][name]['state'].values()
        }
        assert steps == {4.0}
    hubs = [c['message_hub']['log_scalars'] for c in (found, expected)]
    histories = [hub['train/loss_pix'].data[0].tolist() for hub in hubs]
    assert histories[0] == histories[1]
    assert len(histories[0]) == 4


def test_a_model_gets_the_weights_of_a_runners_checkpoint(straight):
    model = MODELS.build(tiny_config('stage1_indoor').model)
    load_checkpoint(model, straight[1])
    expected = load_file(straight[1])['state_dict']
    assert_equal_trees(dict(model.state_dict()), dict(expected))
