"""The loop looks up where to go on, with whatever the runner then has."""

import itertools
from types import SimpleNamespace

import adacode_mm  # noqa: F401 isort: skip  (before MMagic)
import pytest
import torch
from captured_log import captured_log
from mmengine.hooks import Hook
from mmengine.logging import MMLogger
from mmengine.model import BaseModel
from mmengine.runner import Runner
from refusals import refused
from torch import nn

from adacode_mm.core.exceptions import ConfigError
from adacode_mm.core.random_state import get_random_state
from adacode_mm.training.resumable_train_loop import ResumableTrainLoop

NAMES = itertools.count()


class Numbers(torch.utils.data.Dataset):
    """Its samples are their indices; it notes which are loaded."""

    loaded = []  # of all copies: the runner makes some

    def __init__(self, size=10):
        self.size = size

    def __len__(self):
        return self.size

    def __getitem__(self, index):
        self.loaded.append(index)
        return {'inputs': torch.tensor(float(index))}


class Model(BaseModel):
    """Draws a number in each step and in each validation."""

    def __init__(self):
        super().__init__()
        self.sum = nn.Parameter(torch.zeros(()))
        self.drawn = []

    def forward(self, inputs, data_samples=None, mode='tensor'):
        number = torch.rand(())
        if mode != 'loss':
            return [None]
        self.drawn.append(number.item())
        return {'loss': self.sum * number}


def build(folder, steps, dataset=None, batch=2, seed=0, **options):
    dataset = Numbers() if dataset is None else dataset
    loader = {
        'batch_size': batch,
        'sampler': {'type': 'adacode_mm.ResumableSampler'},
        'dataset': dataset,
    }
    return Runner(
        **{
            'model': Model(),
            'work_dir': str(folder),
            # Otherwise runners of one second would share their message hub.
            'experiment_name': f'loop{next(NAMES)}',
            'default_scope': 'mmagic',
            'train_dataloader': loader,
            'train_cfg': {
                'type': 'adacode_mm.ResumableTrainLoop',
                'max_iters': steps,
                'val_interval': 2,
            },
            'optim_wrapper': {'optimizer': {'type': 'SGD', 'lr': 1.0}},
            'default_hooks': {
                'checkpoint': {
                    'type': 'adacode_mm.ResumableCheckpointHook',
                    'interval': 1,
                    'by_epoch': False,
                },
                'logger': None,
            },
            'randomness': {'seed': seed},
            'log_level': 'WARNING',
            **options,
        }
    )


def train(folder, steps, resume_from=None, **kwargs):
    """What was loaded and drawn, and the log."""
    runner = build(folder, steps, **kwargs)
    Numbers.loaded.clear()
    with captured_log() as log:
        if resume_from is not None:
            # as `cfg.resume` and `cfg.load_from`
            runner._resume = True
            runner._load_from = str(folder / f'iter_{resume_from}.pth')
        runner.train()
    return Numbers.loaded.copy(), runner.model.drawn, log


@pytest.fixture
def whole(tmp_path):
    return train(tmp_path, 9)[:2]


@pytest.mark.parametrize('iteration', [1, 4, 8])
def test_nothing_is_loaded_or_drawn_twice(tmp_path, whole, iteration):
    loaded, drawn = whole
    assert len(loaded) == 18 and len(set(drawn)) == 9
    later, drawn_later, log = train(tmp_path, 9, iteration)
    assert later == loaded[2 * iteration :]
    assert drawn_later == drawn[iteration:]
    assert not [line for line in log if 'Advance dataloader' in line]


VALIDATION = {
    'val_dataloader': {
        'batch_size': 1,
        'sampler': {'type': 'DefaultSampler', 'shuffle': True},
        'dataset': [{'inputs': torch.zeros(())}] * 3,
    },
    'val_cfg': {'type': 'ValLoop'},
    'val_evaluator': [],
}


def test_validations_change_nothing(tmp_path, whole):
    assert train(tmp_path / 'other', 9, **VALIDATION)[:2] == whole


@pytest.mark.parametrize(('iteration', 'number'), [(4, 3), (5, 2), (8, 1)])
def test_an_interrupted_validation_is_made_up_for(
    tmp_path, whole, iteration, number
):
    """Checkpoints are written before the validation of their iteration."""
    done = []

    class Count(Hook):
        def before_val(self, runner):
            done.append(runner.iter)

    train(tmp_path, 8, **VALIDATION, custom_hooks=[Count()])
    assert done == [2, 4, 6, 8]
    done.clear()
    _, drawn, _ = train(
        tmp_path, 8, iteration, **VALIDATION, custom_hooks=[Count()]
    )
    assert done == [2, 4, 6, 8][-number:]
    assert drawn == whole[1][iteration:8]


def test_another_batch_size_goes_on_with_the_first_unseen_sample(
    tmp_path, whole
):
    later, _, _ = train(tmp_path, 6, 4, batch=5)
    loaded, _ = whole
    assert later == [*loaded[8:], *later[10:]] and len(later) == 10
    # and again: what counts is what was seen, not the iteration
    last, _, _ = train(tmp_path, 7, 6, batch=1)
    order = train(tmp_path / 'long', 19, batch=1)[0]
    assert last == order[18:]


def test_a_seed_that_was_left_to_chance(tmp_path):
    loaded, drawn, _ = train(tmp_path, 6, seed=None)
    later, drawn_later, _ = train(tmp_path, 6, 3, seed=None)
    assert (later, drawn_later) == (loaded[6:], drawn[3:])


def test_other_data_than_before_is_told(tmp_path, whole):
    *_, log = train(tmp_path, 9, 4, dataset=Numbers(11))
    (line,) = [each for each in log if 'training data' in each]
    assert '11 samples and had 10' in line


def test_changed_settings_that_have_no_effect_are_told(tmp_path):
    schedule = {'type': 'CosineAnnealingLR', 'by_epoch': False, 'T_max': 4}
    train(tmp_path, 4, param_scheduler=schedule)
    *_, log = train(tmp_path, 4, 2, param_scheduler=schedule)
    assert not [line for line in log if 'in the checkpoint' in line]
    *_, log = train(tmp_path, 8, 2, param_scheduler={**schedule, 'T_max': 8})
    told = [line for line in log if 'in the checkpoint' in line]
    assert 'T_max of CosineAnnealingLR is 8 in the config and 4 in' in told[0]


def test_another_sampler_is_refused(tmp_path):
    loader = {
        'batch_size': 1,
        'sampler': {'type': 'InfiniteSampler'},
        'dataset': Numbers(),
    }
    runner = build(tmp_path, 1, train_dataloader=loader)
    with refused(
        ConfigError,
        'train_dataloader.sampler',
        'InfiniteSampler',
        'adacode_mm.ResumableSampler',
    ):
        runner.train()


@pytest.mark.parametrize('written_by', [1, 2])
def test_another_number_of_processes_is_said(written_by):
    loop = object.__new__(ResumableTrainLoop)
    states = [get_random_state()] * written_by
    hub = SimpleNamespace(runtime_info={'random_states': states})
    logger = MMLogger.get_current_instance()
    loop._runner = SimpleNamespace(message_hub=hub, logger=logger)
    loop._iter, loop._samples_of_step = 5, 8
    with captured_log() as lines:
        loop._restore_random_state()
    assert len(lines) == written_by - 1
    for line in lines:
        for fact in ('2 processes', 'by 1', '8 images', '--accumulate'):
            assert fact in line
