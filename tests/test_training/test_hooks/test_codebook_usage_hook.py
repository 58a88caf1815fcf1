import json
import logging
import math
from types import SimpleNamespace

import pytest
import torch
from mmengine.logging import MessageHub
from mmengine.model import BaseModel
from mmengine.runner import Runner
from refusals import refused
from torch import nn

import adacode_mm  # noqa: F401
from adacode_mm.core.exceptions import ConfigError, InputError
from adacode_mm.training.hooks import codebook_usage_hook
from adacode_mm.training.hooks.codebook_usage_hook import CodebookUsageHook


class Coder(nn.Module):
    """What the hook asks of a generator."""

    def __init__(self, *sizes):
        super().__init__()
        self.quantizers = [SimpleNamespace(num_embeddings=n) for n in sizes]


class Model(BaseModel):
    """Plays back given index maps, one list per step."""

    def __init__(self, sizes, steps):
        super().__init__()
        self.generator = Coder(*sizes)
        self.weight = nn.Parameter(torch.zeros(()))
        self.steps = list(steps)
        self.last_indices = []

    def forward(self, inputs, data_samples=None, mode='tensor'):
        self.last_indices = self.steps.pop(0)
        return {'loss': self.weight.square()}


def index_map(*codes):
    return torch.tensor(codes).view(1, 1, -1)


def run_hook(hook, model, steps):
    hub = MessageHub('test')
    runner = SimpleNamespace(
        model=model, message_hub=hub, iter=0, logger=logging.getLogger('test')
    )
    hook.before_train(runner)
    for step in range(steps):
        model(None)
        runner.iter = step
        hook.after_train_iter(runner, step)
    return {k: v.data[0].tolist() for k, v in hub.log_scalars.items()}


def test_perplexity_and_dead_codes_by_hand():
    steps = [
        [index_map(0, 0, 1, 1), index_map(2, 2, 2, 2)],
        [index_map(2, 2, 3, 3), index_map(2, 2, 2, 2)],
        [index_map(0, 0, 0, 1), index_map(0, 1, 2, 3)],
        [index_map(0, 0, 0, 1), index_map(4, 4, 4, 4)],
    ]
    hook = CodebookUsageHook(interval=2)
    logged = run_hook(hook, Model((4, 5), steps), 4)
    entropy = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
    second = -(4 * 0.125 * math.log(0.125) + 0.5 * math.log(0.5))
    expected = {
        # Four codes alike, then two codes 3 : 1; counted afresh each time.
        'train/codebook0/perplexity': [4.0, math.exp(entropy)],
        'train/codebook0/dead_codes': [0.0, 0.5],
        'train/codebook1/perplexity': [1.0, math.exp(second)],
        'train/codebook1/dead_codes': [0.8, 0.0],
    }
    assert logged.keys() == expected.keys()
    for key, values in expected.items():
        assert logged[key] == pytest.approx(values), key


def test_a_codebook_that_dies_is_warned_of(caplog):
    few = [index_map(*range(4)), index_map(0, 1, 2, 3), index_map(0, 0, 0, 0)]
    run_hook(CodebookUsageHook(1), Model((100, 5, 5), [few]), 1)
    warned = [record.getMessage() for record in caplog.records]
    # 4 of 100 codes; 4 of 5; and one for all.
    assert [text.split()[1] for text in warned] == ['0', '2']
    assert all('CodebookWarmUpHook' in text for text in warned)


def test_batches_of_any_shape_count_every_position():
    torch.manual_seed(0)
    indices = torch.randint(0, 7, (3, 5, 4))
    share = torch.bincount(indices.flatten(), minlength=7) / 60
    logged = run_hook(CodebookUsageHook(1), Model((7,), [[indices]]), 1)
    expected = torch.distributions.Categorical(share).entropy().exp()
    assert logged['train/codebook0/perplexity'] == [pytest.approx(expected)]


def test_histograms_are_summed_over_processes(monkeypatch):
    def other_process_used_code_3(counts):
        counts += torch.tensor([0, 0, 0, 4])

    monkeypatch.setattr(
        codebook_usage_hook, 'all_reduce', other_process_used_code_3
    )
    model = Model((4,), [[index_map(0, 0, 0, 0)]])
    logged = run_hook(CodebookUsageHook(1), model, 1)
    assert logged['train/codebook0/perplexity'] == [pytest.approx(2.0)]
    assert logged['train/codebook0/dead_codes'] == [0.5]


def test_a_model_without_indices_is_refused_before_training():
    model = nn.Module()
    for part in (None, nn.Module(), Coder(4)):
        if part is not None:
            model.generator = part
        runner = SimpleNamespace(model=model)
        with refused(InputError, 'last_indices', 'Module'):
            CodebookUsageHook().before_train(runner)


def test_a_missing_index_map_is_not_taken_for_a_dead_codebook():
    with pytest.raises(ValueError, match='zip'):
        run_hook(CodebookUsageHook(), Model((4, 4), [[index_map(0)]]), 1)


def test_interval_must_be_positive():
    with refused(ConfigError, 'interval'):
        CodebookUsageHook(0)


def test_the_logger_hook_writes_the_report(tmp_path):
    steps = [[index_map(0, 1)], [index_map(2, 3)]] * 2
    runner = Runner(
        Model((8,), steps),
        work_dir=str(tmp_path),
        train_dataloader={
            'dataset': [{'inputs': torch.zeros(1)}] * 4,
            'batch_size': 1,
            'sampler': {'type': 'InfiniteSampler', 'shuffle': False},
            'num_workers': 0,
        },
        train_cfg={'type': 'IterBasedTrainLoop', 'max_iters': 4},
        optim_wrapper={'optimizer': {'type': 'SGD', 'lr': 0.1}},
        custom_hooks=[
            {'type': 'adacode_mm.CodebookUsageHook', 'interval': 2},
        ],
        default_hooks={
            'logger': {'type': 'LoggerHook', 'interval': 2},
            'checkpoint': None,
        },
        log_processor={'by_epoch': False},
        visualizer={
            'type': 'mmengine.Visualizer',
            'vis_backends': [{'type': 'LocalVisBackend'}],
        },
        default_scope='mmagic',
        experiment_name='usage',
    )
    runner.train()
    (scalars,) = tmp_path.glob('*/vis_data/scalars.json')
    lines = [json.loads(line) for line in scalars.read_text().splitlines()]
    assert [line['step'] for line in lines] == [2, 4]
    for line in lines:
        assert line['codebook0/perplexity'] == pytest.approx(4.0)
        assert line['codebook0/dead_codes'] == 0.5
