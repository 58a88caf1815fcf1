"""By which metric the best checkpoint is kept, and what is deleted when."""

import itertools
import math

import pytest
import torch
from captured_log import captured_log
from mmengine.evaluator import BaseMetric
from mmengine.model import BaseModel
from mmengine.runner import Runner
from refusals import refused
from tiny_stages import TINY
from torch import nn

import adacode_mm  # noqa: F401
from adacode_mm.checkpoints.safe_load import load_file
from adacode_mm.core.exceptions import ConfigError
from adacode_mm.training.hooks.best_checkpoint_hook import BestCheckpointHook
from adacode_mm.training.run_config import load_config

CANDIDATES = [('val/LPIPS', 'less'), ('val/PSNR', 'greater')]
NAMES = itertools.count()


class Model(BaseModel):
    """One number, which counts the steps."""

    def __init__(self):
        super().__init__()
        self.steps = nn.Parameter(torch.zeros(()))

    def forward(self, inputs, data_samples=None, mode='tensor'):
        return {'loss': -self.steps} if mode == 'loss' else [None]


class Scripted(BaseMetric):
    """A metric that reports given values, or None at all."""

    def __init__(self, metric, values):
        super().__init__(prefix='val')
        self.metric = metric
        self.values = values and list(values)

    def reports(self):
        return self.values is not None

    def process(self, data_batch, data_samples):
        self.results.append(0)

    def compute_metrics(self, results):
        return {self.metric: self.values.pop(0)} if self.reports() else {}

    def evaluate(self, size):
        return super().evaluate(size) if self.reports() else {}


def train(folder, steps, lpips, psnr, save_best=CANDIDATES, **options):
    """A validation after every step; gives the runner and its log."""
    loader = {
        'batch_size': 1,
        'num_workers': 0,
        'sampler': {'type': 'DefaultSampler', 'shuffle': False},
        'dataset': list(range(8)),
    }
    runner = Runner(
        model=Model(),
        work_dir=str(folder),
        # Otherwise runners of one second would share their message hub.
        experiment_name=f'best{next(NAMES)}',
        default_scope='mmagic',
        train_dataloader=loader,
        train_cfg={'by_epoch': False, 'max_iters': steps, 'val_interval': 1},
        optim_wrapper={'optimizer': {'type': 'SGD', 'lr': 1.0}},
        val_dataloader=loader,
        val_cfg={},
        val_evaluator=[Scripted('LPIPS', lpips), Scripted('PSNR', psnr)],
        default_hooks={
            'checkpoint': {
                'type': 'adacode_mm.BestCheckpointHook',
                'interval': 1,
                'save_best': save_best,
                **options,
            }
        },
        resume=(folder / 'last_checkpoint').exists(),
    )
    with captured_log() as lines:
        runner.train()
    return runner, lines


def best(folder):
    return sorted(path.name for path in folder.glob('best_*.pth'))


def steps_of(path):
    return load_file(path)['state_dict']['steps'].item()


def position(lines, text):
    (found,) = [n for n, line in enumerate(lines) if text in line]
    return found


def test_the_first_metric_counts(tmp_path):
    lpips, psnr = [0.5, 0.3, 0.4, 0.35], [20, 21, 22, 23]
    _, lines = train(tmp_path, 4, lpips, psnr)
    assert best(tmp_path) == ['best_val_LPIPS_iter_2.pth']
    assert steps_of(tmp_path / 'best_val_LPIPS_iter_2.pth') == 2
    said = 'The best checkpoint is kept by val/LPIPS (lower is better).'
    assert lines[position(lines, 'The best checkpoint is')] == said
    assert position(lines, said) < position(lines, 'at 1 iterations')


def test_the_next_one_where_the_first_is_not_reported(tmp_path):
    _, lines = train(tmp_path, 4, None, [20, 25, 24, 23])
    assert best(tmp_path) == ['best_val_PSNR_iter_2.pth']
    said = (
        'The best checkpoint is kept by val/PSNR (higher is better); '
        'validation reports no val/LPIPS.'
    )
    assert said in lines
    assert position(lines, said) < position(lines, 'at 1 iterations')


def test_none_is_reported(tmp_path):
    with refused(
        ConfigError, "['val/PSNR']", "['val/LPIPS', 'val/NIQE']", 'save_best'
    ):
        candidates = [('val/LPIPS', 'less'), ('val/NIQE', 'less')]
        train(tmp_path, 1, None, [20], candidates)
    assert not list(tmp_path.glob('*.pth')), 'a step was made'


def test_no_best_is_wanted(tmp_path):
    train(tmp_path, 2, [0.5, 0.4], [20, 21], ())
    assert best(tmp_path) == []
    assert (tmp_path / 'iter_2.pth').exists()


def test_a_resumed_training_goes_on_from_the_best(tmp_path):
    train(tmp_path, 2, [0.3, 0.5], [20, 20])
    assert best(tmp_path) == ['best_val_LPIPS_iter_1.pth']
    # better than the last value, not than the best
    runner, _ = train(tmp_path, 3, [0.4], [20])
    assert runner.iter == 3
    assert best(tmp_path) == ['best_val_LPIPS_iter_1.pth']
    train(tmp_path, 4, [0.2], [20])
    assert best(tmp_path) == ['best_val_LPIPS_iter_4.pth']


def test_another_metric_after_a_resume(tmp_path):
    train(tmp_path, 2, [0.3, 0.2], [30, 29])
    # 0.2 must not be taken for a PSNR
    _, lines = train(tmp_path, 4, None, [28, 27])
    assert best(tmp_path) == [
        'best_val_LPIPS_iter_2.pth',
        'best_val_PSNR_iter_3.pth',
    ]
    line = lines[position(lines, 'Before the resume')]
    assert 'kept by val/LPIPS: the search for the best starts anew' in line
    assert line.endswith('best_val_LPIPS_iter_2.pth stays.')
    # nothing to say the next time
    _, lines = train(tmp_path, 5, None, [27])
    assert not any('Before the resume' in line for line in lines)
    assert 'best_val_PSNR_iter_3.pth' in best(tmp_path)


def test_not_a_number_is_never_the_best(tmp_path):
    train(tmp_path, 3, [math.nan, 0.5, math.nan], [20] * 3)
    assert best(tmp_path) == ['best_val_LPIPS_iter_2.pth']


def test_the_previous_file_outlives_a_failed_save(tmp_path, monkeypatch):
    save_checkpoint = Runner.save_checkpoint
    present = []

    def save(self, out_dir, filename, *args, **kwargs):
        if filename.startswith('best') or filename == 'iter_3.pth':
            present.append((filename, best(tmp_path)))
        if filename == 'best_val_LPIPS_iter_3.pth':
            raise OSError('disk full')
        save_checkpoint(self, out_dir, filename, *args, **kwargs)

    monkeypatch.setattr(Runner, 'save_checkpoint', save)
    with pytest.raises(OSError, match='disk full'):
        train(tmp_path, 3, [0.5, 0.4, 0.3], [20] * 3)
    first, second = (f'best_val_LPIPS_iter_{n}.pth' for n in (1, 2))
    assert (first, []) in present
    assert (second, [first]) in present
    assert best(tmp_path) == [second]


def test_checkpoints_are_kept_as_many_as_wanted(tmp_path):
    values = [0.5, 0.4, 0.3, 0.6, 0.7]
    train(tmp_path, 5, values, [20] * 5, max_keep_ckpts=2)
    assert sorted(path.name for path in tmp_path.glob('*.pth')) == [
        'best_val_LPIPS_iter_3.pth',
        'iter_4.pth',
        'iter_5.pth',
    ]


def test_a_metric_that_fails_to_come_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(Scripted, 'compute_metrics', lambda *_: {'MAE': 1.0})
    _, lines = train(tmp_path, 1, [0.5], None)
    assert best(tmp_path) == []
    assert any('val/LPIPS' in line for line in lines[-5:])


@pytest.mark.parametrize(
    'save_best', ['val/PSNR', ['val/PSNR'], [('val/PSNR', 'max')]]
)
def test_other_forms_are_refused(save_best):
    with refused(ConfigError, 'save_best', repr(save_best)):
        BestCheckpointHook(1, save_best)


def test_a_typo_is_found_before_training():
    with refused(ConfigError, "'intervall'", "'interval'"):
        load_config(
            TINY / 'stage1_arch.py',
            cfg_options={'default_hooks.checkpoint.intervall': 1},
        )
