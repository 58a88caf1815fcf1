"""What a user is told before a training starts, and what one returns."""

import json
import runpy
import shutil
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from tiny_stages import (
    CONFIGS,
    QUICK,
    TINY,
    seeded_model,
    tiny_config,
    trained_stages,
    working_directory,
)

from adacode_mm.checkpoints.safe_load import load_file
from adacode_mm.core.exceptions import (
    CheckpointError,
    ConfigError,
    OutputError,
)
from adacode_mm.training.run_config import (
    build_runner,
    load_config,
    test_config,
    train_config,
)

TOOLS = CONFIGS.parent / 'tools'
STAGE1 = str(TINY / 'stage1_arch.py')


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Far from the repository."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_command_line_wins_over_the_config():
    given = Config.fromfile(STAGE1)
    cfg = load_config(STAGE1)
    assert cfg.work_dir == 'work_dirs/tiny/stage1_arch'
    assert cfg.launcher == 'none'
    options = {'train_cfg.max_iters': 7}
    cfg = load_config(STAGE1, 'elsewhere', options, 'slurm')
    assert (cfg.work_dir, cfg.launcher) == ('elsewhere', 'slurm')
    assert cfg.train_cfg.max_iters == 7
    assert cfg.train_cfg.val_interval == given.train_cfg.val_interval
    before = given.to_dict()
    assert load_config(given, cfg_options=options).train_cfg.max_iters == 7
    assert given.to_dict() == before, 'the given config was changed'


@pytest.mark.parametrize('name', ['stage1_arch', 'stage2', 'stage3_sr_x4'])
def test_each_stage_writes_to_where_the_next_one_reads(name):
    for folder in (TINY, TINY.parent):
        written = load_config(folder / f'{name}.py').work_dir
        following = {'stage1_arch': 'stage2'}.get(name, 'stage3_sr_x2')
        cfg = Config.fromfile(folder / f'{following}.py')
        read = {each.checkpoint for each in cfg.model.init_cfg.sources}
        if name != 'stage3_sr_x4':
            assert written in read


def other_architecture():
    """A checkpoint of stage II."""
    state = seeded_model(tiny_config('stage2')).state_dict()
    torch.save({'state_dict': state, 'meta': {}}, 'other.pth')
    return 'other.pth'


TYPO = {'model.generator.decoder.chanels': 3}
BAD = {
    'no config': (
        lambda: train_config('none.py'),
        ConfigError,
        ["'none.py'"],
    ),
    'argument of ours': (
        lambda: train_config(STAGE1, cfg_options=TYPO),
        ConfigError,
        ['model.generator.decoder', "'chanels'", "'channels'"],
    ),
    'argument of an optimizer': (
        lambda: train_config(
            STAGE1, cfg_options={'optim_wrapper.generator.optimizer.lrr': 1}
        ),
        ConfigError,
        ['optim_wrapper.generator.optimizer', 'Adam', "'lrr'"],
    ),
    'argument that a class passes on': (
        lambda: train_config(
            STAGE1, cfg_options={'train_dataloader.dataset.data_rot': 'x'}
        ),
        ConfigError,
        ["'data_rot'"],
    ),
    'argument of the loader': (
        lambda: train_config(
            STAGE1, cfg_options={'train_dataloader.batchsize': 1}
        ),
        ConfigError,
        ["'batchsize'", "'batch_size'"],
    ),
    'unknown type': (
        lambda: train_config(
            STAGE1, cfg_options={'model.generator.type': 'adacode_mm.Net'}
        ),
        ConfigError,
        ['adacode_mm.Net'],
    ),
    'a file instead of a work directory': (
        lambda: train_config(STAGE1, work_dir=f'{other_architecture()}/run'),
        OutputError,
        ['other.pth', '--work-dir'],
    ),
    'missing stage I': (
        lambda: train_config(str(TINY / 'stage2.py'), cfg_options=QUICK),
        CheckpointError,
        ["'work_dirs/tiny/stage1_arch'"],
    ),
    'nothing to test': (
        lambda: test_config(STAGE1, 'none.pth'),
        CheckpointError,
        ["'none.pth'"],
    ),
    'test of another architecture': (
        lambda: test_config(STAGE1, other_architecture()),
        CheckpointError,
        ['unexpected (generator.quantizers.1.'],
    ),
    'start from another architecture': (
        lambda: train_config(
            STAGE1, cfg_options={**QUICK, 'load_from': other_architecture()}
        ),
        CheckpointError,
        ['unexpected (generator.quantizers.1.'],
    ),
}


@pytest.mark.parametrize('name', BAD)
def test_bad_input_is_one_sentence_before_the_first_step(name, monkeypatch):
    def step(*args):
        raise AssertionError('a training step was made')

    monkeypatch.setattr(
        'adacode_mm.models.editors.codebook_editor.CodebookEditor.train_step',
        step,
    )
    function, error, facts = BAD[name]
    with pytest.raises(error) as caught:
        function()
    assert '\n' not in str(caught.value)
    for fact in facts:
        assert fact in str(caught.value)


def test_codebook_of_another_size_in_stage2():
    with working_directory(trained_stages()):
        options = {
            **QUICK,
            'model.generator.quantizers.1.num_embeddings': 7,
            'work_dir': 'work_dirs/other_size',
        }
        with pytest.raises(CheckpointError) as caught:
            train_config(TINY / 'stage2.py', cfg_options=options)
    for fact in ('stage1_indoor/', 'quantizers.1', '(7, ', '(32, '):
        assert fact in str(caught.value)


def test_a_resumed_stage3_needs_the_stage2_that_it_had(elsewhere):
    """Its prior is in none of its checkpoints."""
    runs = Path('work_dirs', 'tiny')
    for name in ('stage2', 'stage3_sr_x4'):
        shutil.copytree(trained_stages() / runs / name, runs / name)

    def resume(iterations):
        options = {**QUICK, 'train_cfg.max_iters': iterations}
        config = TINY / 'stage3_sr_x4.py'
        return train_config(config, resume=True, cfg_options=options)

    (stage2,) = (runs / 'stage2').glob('best_*.pth')
    prior = load_file(stage2)['state_dict']
    found = resume(2).model.hq_prior.state_dict()
    for key, value in found.items():
        assert torch.equal(value, prior[f'generator.{key}']), key
    prior['generator.encoder.in_conv.bias'][0] += 1e-3
    torch.save({'state_dict': prior}, stage2)
    with pytest.raises(CheckpointError) as caught:
        resume(3)
    assert 'hq_prior' in str(caught.value)
    shutil.rmtree(runs / 'stage2')
    with pytest.raises(CheckpointError) as caught:
        resume(3)
    assert "'work_dirs/tiny/stage2'" in str(caught.value)


def test_runs_within_a_second_are_kept_apart():
    broken = load_config(STAGE1, 'a', {'model.frozen': ['generator.none']})
    with pytest.raises(ConfigError):
        build_runner(broken)  # when its log has been opened
    runners = [build_runner(load_config(STAGE1, each)) for each in 'bc']
    assert runners[0].message_hub is not runners[1].message_hub
    for runner in runners:
        folder = Path(runner.work_dir)
        (log,) = folder.glob('*/*.log')
        assert f"work_dir = '{folder.name}'" in log.read_text()


def test_metrics_of_a_checkpoint(elsewhere):
    """As the validation at the end of the training saw them."""
    with working_directory(trained_stages()) as folder:
        run = folder / 'work_dirs' / 'tiny' / 'stage3_sr_x4'
        out = str(elsewhere / 'metrics.json')
        # The folder stands for its best checkpoint, here the only one.
        metrics = test_config(
            TINY / 'stage3_sr_x4.py', str(run), str(elsewhere), out
        )
    (scalars,) = run.glob('*/vis_data/scalars.json')
    lines = [json.loads(line) for line in scalars.read_text().splitlines()]
    expected = next(line for line in lines if 'val/PSNR' in line)
    assert metrics.keys() == {'val/PSNR', 'val/SSIM'}
    for key, value in metrics.items():
        assert value == pytest.approx(expected[key], rel=1e-5)
    with open(out) as file:
        assert json.load(file) == pytest.approx(metrics)


def test_the_best_checkpoint_holds_what_is_needed_and_no_optimizer():
    folder = trained_stages() / 'work_dirs' / 'tiny' / 'stage2'
    (best,) = folder.glob('best_*.pth')
    last = load_file(folder / 'iter_1.pth')
    assert 'optimizer' in last
    best = load_file(best)
    assert 'optimizer' not in best
    assert best['state_dict'].keys() == last['state_dict'].keys()
    for key, value in best['state_dict'].items():
        assert torch.equal(value, last['state_dict'][key])


@pytest.mark.parametrize(
    ('tool', 'arguments', 'message'),
    [
        ('train.py', ['none.py'], "'none.py'"),
        (
            'train.py',
            [STAGE1, '--cfg-options', 'model.frozzen=1'],
            "'frozzen'",
        ),
        (
            'train.py',
            [STAGE1, '--cfg-options', 'train_dataloader.dataset.data_root=/x'],
            "'/x/photos'",
        ),
        ('test.py', [STAGE1, 'none.pth'], "'none.pth'"),
    ],
)
def test_the_tools_end_with_the_sentence(
    tool, arguments, message, monkeypatch
):
    monkeypatch.setattr('sys.argv', [tool, *arguments])
    with pytest.raises(SystemExit) as caught:
        runpy.run_path(str(TOOLS / tool), run_name='__main__')
    # A text: the interpreter writes it to stderr and exits with status 1.
    assert caught.value.code.startswith('error: ')
    assert message in caught.value.code
    assert '\n' not in caught.value.code


@pytest.mark.parametrize('tool', ['train.py', 'test.py'])
def test_debug_shows_the_traceback(tool, monkeypatch):
    arguments = ['none.py', '--debug']
    monkeypatch.setattr('sys.argv', [tool, *arguments])
    with pytest.raises(ConfigError):
        runpy.run_path(str(TOOLS / tool), run_name='__main__')
