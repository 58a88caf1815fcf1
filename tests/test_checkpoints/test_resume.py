"""Checkpoints: written by a real run, read, resumed, killed in between."""

import os
import signal
import subprocess
from functools import partial
from pathlib import Path

import pytest
import resumed_training
import torch
from mmengine.logging import HistoryBuffer
from mmengine.runner import load_checkpoint
from tiny_stages import QUICK, TINY, tiny_config

from adacode_mm.checkpoints.safe_load import load_file
from adacode_mm.core.atomic_files import TEMPORARY
from adacode_mm.registry import MODELS
from adacode_mm.training.run_config import train_config


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


def test_hooks_go_on_counting(tmp_path):
    """Codes chosen before the checkpoint are still reported, not revived."""
    hooks = [
        {'type': 'adacode_mm.CodebookUsageHook', 'interval': 4},
        {'type': 'adacode_mm.ReviveCodesHook', 'iterations': [4]},
    ]
    train(tmp_path / 'straight', custom_hooks=hooks)
    first, last = (tmp_path / 'straight' / f'iter_{n}.pth' for n in (2, 4))
    train(tmp_path / 'resumed', custom_hooks=hooks, load_from=str(first))
    found, expected = (
        load_file(path) for path in (tmp_path / 'resumed' / 'iter_4.pth', last)
    )
    for part in ('state_dict', 'optimizer'):
        assert_equal_trees(found[part], expected[part], part)
    codes = 'generator.quantizers.0.embedding.weight'
    moved = found['state_dict'][codes] - load_file(first)['state_dict'][codes]
    assert 0 < (moved.abs().amax(1) > 0.1).float().mean() < 1, 'revived'
    for name in ('perplexity', 'dead_codes'):
        values = [
            checkpoint['message_hub']['log_scalars'][
                f'train/codebook0/{name}'
            ].current()
            for checkpoint in (found, expected)
        ]
        assert values[0] == values[1], name


def train_in_a_process(python, folder, *arguments, ends=0):
    """In a fresh one each time: what other tests leave changes rounding."""
    script = Path(resumed_training.__file__)
    done = subprocess.run(
        [python, script, folder, *arguments],
        env={
            **os.environ,
            'PYTHONPATH': str(script.parents[1]),
            'OMP_NUM_THREADS': '1',
        },
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )
    assert done.returncode == ends, done.stderr[-3000:]


@pytest.fixture(scope='module')
def killed(warm_python, tmp_path_factory):
    """Folder of a training that was killed twice, and what was seen there.

    First before iteration 8, loading with two workers; then, resumed with
    none, in the middle of writing the last checkpoint; then resumed with one.
    """
    folder = tmp_path_factory.mktemp('killed')
    train_here = partial(train_in_a_process, warm_python, folder)
    train_here('7', '2', ends=-signal.SIGKILL)
    train_here('iter_12.pth', '0', '--resume', ends=-signal.SIGKILL)
    seen = sorted(path.name for path in folder.glob('[!0-9]*'))
    last = load_file((folder / 'last_checkpoint').read_text())
    train_here('', '1', '--resume')
    return folder, seen, last['meta']['iter']


@pytest.fixture(scope='module')
def unharmed(warm_python, tmp_path_factory):
    """Folder of the same training without interruption."""
    folder = tmp_path_factory.mktemp('unharmed')
    train_in_a_process(warm_python, folder, '', '0')
    return folder


def test_a_killed_training_ends_as_the_uninterrupted_one(killed, unharmed):
    """Everything that has a state, bit by bit, in spite of random losses."""
    found, expected = (
        load_file(folder / 'iter_12.pth') for folder in (killed[0], unharmed)
    )
    assert expected['state_dict']['step_counter'] == 12
    average = 'generator_ema.decoder.out_conv.weight'
    assert average in expected['state_dict']
    for part in ('state_dict', 'optimizer', 'param_schedulers'):
        assert_equal_trees(found[part], expected[part], part)
    hubs = [content['message_hub'] for content in (found, expected)]
    for name in ('random_states', 'data_order', 'keep_ckpt_ids'):
        pair = [hub['runtime_info'][name] for hub in hubs]
        assert_equal_trees(*pair, name)
    scalars = [hub['log_scalars'] for hub in hubs]
    for name, history in scalars[1].items():
        if 'time' not in name:
            assert_equal_trees(scalars[0][name], history, name)
    assert len(scalars[1]['train/loss_random'].data[0]) == 12


def test_a_kill_while_writing_leaves_the_previous_checkpoint(killed):
    folder, seen, iteration = killed
    assert iteration == 8
    assert [name for name in seen if name.startswith(TEMPORARY)]
    # Only one is kept, but until the next one is complete.
    assert [name for name in seen if name.startswith('iter_')] == [
        'iter_8.pth'
    ]
    now = {path.name for path in folder.iterdir()}
    assert not [name for name in now if name.startswith(TEMPORARY)]
    assert {name for name in now if name.startswith('iter_')} == {
        'iter_12.pth'
    }


def test_a_model_gets_the_weights_of_a_runners_checkpoint(straight):
    model = MODELS.build(tiny_config('stage1_indoor').model)
    load_checkpoint(model, straight[1])
    expected = load_file(straight[1])['state_dict']
    assert_equal_trees(dict(model.state_dict()), dict(expected))
