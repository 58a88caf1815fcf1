"""Two processes take the steps of one process with the doubled batch."""

import json
import os
import subprocess
from pathlib import Path

import pytest
import torch
from two_processes import RUNS, STEPS, train

from adacode_mm.checkpoints.safe_load import load_file
from adacode_mm.models.losses.info_nce_loss import InfoNCELoss
from adacode_mm.registry import MODELS

TESTS = Path(__file__).parents[1]
# Both sums have the same summands in another order, in numbers of 24 bits:
# gradients differ by some 1e-6 of the largest one of a tensor, and steps of
# the length of a learning rate of 2e-3 by as much.
GRADIENT = 5e-5
WEIGHT = 2e-5
LOSS = 1e-5


@MODELS.register_module()
class InfoNCEOfTwoProcesses(InfoNCELoss):
    """Contrasts within the samples of a process, as the release does.

    The processes take turns in the order of the samples.
    """

    def forward(self, out, prior):
        losses = [
            super(InfoNCEOfTwoProcesses, self).forward(
                out._replace(feat=out.feat[rank::2]),
                prior._replace(feat=prior.feat[rank::2]),
            )
            for rank in range(2)
        ]
        return sum(losses) / 2


@pytest.fixture(scope='module')
def together(warm_python, tmp_path_factory):
    """Folder of the trainings in two processes."""
    folder = tmp_path_factory.mktemp('together')
    launch = [warm_python, '-m', 'torch.distributed.run', '--standalone']
    done = subprocess.run(
        [*launch, '--nproc_per_node=2', TESTS / 'two_processes.py', folder],
        env={
            **os.environ,
            'PYTHONPATH': str(TESTS.parent),
            'OMP_NUM_THREADS': '1',
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


@pytest.fixture(scope='module')
def alone(tmp_path_factory):
    """Folder of the same trainings in this process."""
    folder = tmp_path_factory.mktemp('alone')
    nce = {'model.code_losses.nce.type': 'InfoNCEOfTwoProcesses'}
    train('per_process', folder, **nce)
    return folder


def assert_close(found, expected, tolerance, what):
    assert found.shape == expected.shape
    difference = (found.double() - expected.double()).abs().max().item()
    assert difference <= tolerance, (what, difference)


@pytest.fixture(params=RUNS)
def run(request):
    return request.param


def checkpoints(folder, run):
    return [
        load_file(folder / run / f'iter_{i + 1}.pth') for i in range(STEPS)
    ]


def log(folder, run):
    """Scalars of each iteration, and of the validation."""
    (path,) = (folder / run).glob('*/vis_data/scalars.json')
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for line in lines:
        for name in ('time', 'data_time', 'val/time', 'val/data_time'):
            line.pop(name, None)
    return lines


def test_gradients(together, alone, run):
    """Adam's first moment of the first step is 0.1 times the gradient."""
    found, expected = (checkpoints(f, run)[0] for f in (together, alone))
    for name in ('generator', 'discriminator'):
        pairs = found['optimizer'][name], expected['optimizer'][name]
        states, others = (each['state'] for each in pairs)
        assert states.keys() == others.keys() and len(states) > 10
        for key, other in others.items():
            largest = other['exp_avg'].abs().max().item()
            assert_close(
                states[key]['exp_avg'],
                other['exp_avg'],
                GRADIENT * largest + 1e-9,
                (name, key),
            )


def test_weights_after_three_steps(together, alone, run):
    found, expected = (checkpoints(f, run) for f in (together, alone))
    moved = 0
    for key, value in expected[-1]['state_dict'].items():
        assert_close(found[-1]['state_dict'][key], value, WEIGHT, key)
        first = expected[0]['state_dict'][key]
        moved = max(moved, (value - first).abs().max().item())
    assert moved > 100 * WEIGHT


def test_logged_losses_and_metrics(together, alone, run):
    """Also those of the codebooks, and of the validation."""
    found, expected = (log(folder, run) for folder in (together, alone))
    assert len(found) == len(expected) == STEPS + 1
    for line, other in zip(found, expected, strict=True):
        assert line.keys() == other.keys()
        for name, value in other.items():
            assert line[name] == pytest.approx(value, rel=LOSS, abs=1e-8), name
    assert {'loss_nce', 'loss_gan', 'loss_d_fake', 'loss_pix'} <= {*found[0]}
    assert 'codebook4/perplexity' in found[STEPS - 1]
    assert 'val/PSNR' in found[STEPS]


def test_the_processes_do_not_drift_apart(together, run):
    """Spectral norm's vectors, too, which nobody sends around."""
    first, second = (
        torch.load(together / run / f'rank{rank}.pth') for rank in range(2)
    )
    assert any(key.endswith('weight_u') for key in first)
    assert first.keys() == second.keys()
    for key, value in first.items():
        assert torch.equal(value, second[key]), key
