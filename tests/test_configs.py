"""The contract that every config keeps, found by name on disk."""

import adacode_mm  # noqa: F401 isort: skip  (before MMagic)
import functools
import re

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from shrunk_configs import CONFIGS, FULL, PATHS, SMALL, name_of
from tiny_stages import CLASSES, seeded_model

from adacode_mm.registry import HOOKS, METRICS, TRANSFORMS
from adacode_mm.training.check_config import check_config

STAGES = {f'stage1_{name}' for name in CLASSES} | {'stage2', 'ablation_bases'}
STAGES |= {f'stage3_{task}' for task in ('sr_x2', 'sr_x4', 'inpaint')}
SMALL_SCALE = {f'small/stage1_group{k}' for k in range(5)} | {
    'small/autoencoder',
    'small/stage2',
    'small/stage3_sr_x2',
    'small/stage3_sr_x2_sharp',
    'small/stage3_sr_x4',
    'small/stage3_sr_x4_sharp',
    'small/stage3_inpaint',
    'small/stage3_inpaint_sharp',
    'small/plain_sr_x2',
    'small/plain_sr_x4',
    'small/vqgan_512x56',
    'small/vqgan_aux_896x32',
    'small/vqgan_aux_moving',
}
BASELINES = {
    'vqgan/vqgan_1024x512',
    'vqgan/vqgan_aux_1792x256',
    'femasr/femasr_hq',
    'femasr/femasr_sr_x2',
    'femasr/femasr_sr_x4',
}

# Of the released classes; what is trained follows from what they freeze.
DECODER = 4_060_864 + 1_731
VQGAN = 6_278_336 + DECODER + 524_288 + 131_584 + 1_179_904
FEMASR_ENCODER = {'x2': 30_812_864, 'x4': 28_161_600}
GENERATOR = {
    'stage1': 11_127_875 + 131_584,
    'stage1_256': 11_062_339 + 131_584,
    'stage2': 35_438_088,
    'stage3_sr_x2': 59_972_616,
    'stage3_sr_x4': 57_321_352,
    'stage3_inpaint': 60_634_696,
    'vqgan_1024x512': VQGAN,
    'vqgan_aux_1792x256': 11_127_875 + (1792 - 512) * 256,
    'femasr_hq': VQGAN + 512 * 512 + 512,
    'femasr_sr_x2': VQGAN - 6_278_336 + FEMASR_ENCODER['x2'],
    'femasr_sr_x4': VQGAN - 6_278_336 + FEMASR_ENCODER['x4'],
}
TRAINED = {
    'stage1': 11_259_459,
    'stage1_256': 11_259_459 - 65_536,
    'stage2': 34_979_336,
    'stage3_sr_x2': 52_500_869,
    'stage3_sr_x4': 49_849_605,
    'stage3_inpaint': 53_162_949,
    'vqgan_1024x512': VQGAN,
    'vqgan_aux_1792x256': 11_127_875 - 131_072,
    'femasr_hq': VQGAN + 512 * 512 + 512,
    'femasr_sr_x2': FEMASR_ENCODER['x2'] + 131_584,
    'femasr_sr_x4': FEMASR_ENCODER['x4'] + 131_584,
}
# Of the frozen networks that stage III compares with.
PRIOR = {'stage3': 35_438_088, 'femasr': VQGAN}

# Name in the log -> class and weight. AdaCode, eqs. (5), (7), (8).
ALL_STAGES = {
    'loss_pix': ('L1Loss', 1.0),
    'loss_perceptual': ('LPIPSLoss', 1.0),
    'loss_gan': ('GANLoss', 0.1),
}
VQ = {'vq': ('VQLoss', 1.0)}
SEMANTIC = {'semantic': ('SemanticLoss', 0.1)}
MATCH_CODES = {'match_codes': ('PriorMatchLoss', 1.0)}
CODE_LOSSES = {
    'stage1': VQ | SEMANTIC,
    'stage2': VQ,
    'stage3': MATCH_CODES
    | {
        'match_mixed': ('PriorMatchLoss', 1.0),
        'nce': ('InfoNCELoss', 1.0),
    },
    'vqgan': VQ,
    'femasr_hq': VQ | SEMANTIC,
    'femasr_sr': MATCH_CODES,
}


def kind_of(path):
    """What the parameters of a full-size network follow from."""
    stem = re.sub(r'_(73k|730k|encoder_init|masks|online)$', '', path.stem)
    if stem.startswith('stage1'):
        small = stem in ('stage1_indoor', 'stage1_street', 'stage1_portrait')
        return 'stage1_256' if small else 'stage1'
    return 'stage2' if stem == 'ablation_bases' else stem


def by_prefix(table, path):
    """Entry of a table of prefixes."""
    kind = kind_of(path)
    return next((v for k, v in table.items() if kind.startswith(k)), None)


read = functools.cache(Config.fromfile)


@functools.cache
def full_model(path):
    """Full-size model without memory for its weights."""
    with torch.device('meta'):
        return seeded_model(read(path))


def count(parameters):
    return sum(p.numel() for p in parameters)


def files_of(path):
    """A config and those that it inherits from."""
    bases = re.search(
        r'^_base_ = (\[.*?\]|.*?$)', path.read_text(), re.M | re.S
    )
    names = re.findall(r"'(.*?)'", bases[1]) if bases else ()
    inherited = (files_of((path.parent / name).resolve()) for name in names)
    return {path}.union(*inherited)


def test_few_files_explain_an_experiment():
    path = CONFIGS / 'adacode' / 'stage3_sr_x4.py'
    names = {each.name for each in files_of(path)}
    assert names == {
        'stage3_sr_x4.py',
        'default_runtime.py',
        'stage3.py',
        'sr_x4.py',
    }


def test_every_experiment_is_there():
    expected = {f'adacode/{name}' for name in STAGES}
    expected |= {f'adacode/tiny/{name}' for name in STAGES}
    expected |= {f'adacode/released/stage1_{name}_73k' for name in CLASSES}
    released = ('stage2_730k', 'stage3_sr_x2_730k', 'stage3_sr_x4_730k')
    released += ('stage3_inpaint_730k',)
    released += ('stage3_sr_x2_encoder_init', 'stage3_sr_x4_encoder_init')
    expected |= {f'adacode/released/{name}' for name in released}
    expected |= BASELINES
    expected |= {name.replace('/', '/tiny/') for name in BASELINES}
    expected |= SMALL_SCALE
    assert {name_of(path) for path in PATHS} >= expected


def test_no_two_trainings_share_a_folder():
    folders = {}
    for path in PATHS:
        work_dir = read(path).get('work_dir', path.stem)
        assert work_dir not in folders, (path, folders[work_dir])
        folders[work_dir] = path


@pytest.mark.parametrize('path', PATHS, ids=name_of)
def test_it_is_read_checked_and_written_again(path, tmp_path):
    cfg = read(path)
    check_config(cfg)
    copied = tmp_path / 'copy.py'
    cfg.dump(copied)  # through pretty_text, which the runner logs
    again = Config.fromfile(copied)
    assert again.to_dict() == cfg.to_dict()
    for name in ('path', 'os', 'Path', 'k', 'name', 'source', 'step'):
        assert name not in cfg, f'{name} is left over from the config file'


@pytest.mark.parametrize('path', PATHS, ids=name_of)
def test_its_parts_are_built_from_their_arguments(path):
    cfg = read(path)
    pipelines = (
        cfg.train_dataloader.dataset.pipeline,
        cfg.val_dataloader.dataset.pipeline,
        cfg.test_dataloader.dataset.pipeline,
        cfg.inference_pipeline,
    )
    metrics = (*cfg.val_evaluator.metrics, *cfg.test_evaluator.metrics)
    with DefaultScope.overwrite_default_scope('mmagic'):
        for step in (step for pipeline in pipelines for step in pipeline):
            assert callable(TRANSFORMS.build(step))
        for metric in metrics:
            assert METRICS.build(metric).prefix == 'val'
        for hook in cfg.custom_hooks:
            HOOKS.build(hook)


@pytest.mark.parametrize('path', FULL, ids=name_of)
def test_full_size_networks_have_the_released_parameters(path):
    model, kind = full_model(path), kind_of(path)
    assert count(model.generator.parameters()) == GENERATOR[kind]
    trained = (p for p in model.generator.parameters() if p.requires_grad)
    assert count(trained) == TRAINED[kind]
    assert count(model.discriminator.parameters()) == 4_376_897
    assert all(p.requires_grad for p in model.discriminator.parameters())
    if kind.startswith(('stage3', 'femasr_sr')):
        prior = list(model.hq_prior.parameters())
        assert count(prior) == by_prefix(PRIOR, path)
        assert not any(p.requires_grad for p in prior)
    else:
        assert model.hq_prior is None


@pytest.mark.parametrize('path', FULL, ids=name_of)
def test_full_size_losses_are_those_of_the_paper(path):
    """Class and weight of each; stage III leaves out none of II."""
    model = full_model(path)
    found = {
        'loss_pix': model.pixel_loss,
        'loss_perceptual': model.perceptual_loss,
        'loss_gan': model.gan_loss,
        **model.code_losses,
    }
    found = {k: (type(v).__name__, v.loss_weight) for k, v in found.items()}
    assert found == ALL_STAGES | by_prefix(CODE_LOSSES, path)
    assert model.gan_loss.gan_type == 'hinge'
    assert read(path).model.perceptual_loss.net == 'vgg'
    losses = model.code_losses
    frozen_codes = not next(
        model.generator.quantizers.parameters()
    ).requires_grad
    if 'vq' in losses:
        assert losses['vq'].beta == 0.25
        assert losses['vq'].codebook_weight == (0 if frozen_codes else 1)
    for tap in ('codes', 'mixed'):
        if f'match_{tap}' in losses:
            loss = losses[f'match_{tap}']
            assert (loss.tap, loss.beta, loss.gram_weight) == (tap, 0.25, 1)
    if 'nce' in losses:
        assert losses['nce'].temperature == 0.5


@pytest.mark.parametrize('path', PATHS, ids=name_of)
def test_its_schedule_makes_sense(path):
    cfg = read(path)
    length, interval = cfg.train_cfg.max_iters, cfg.train_cfg.val_interval
    if path in FULL:
        expected = {'73k': (73_500, 300), '730k': (730_000, 3000)}
        suffix = path.stem.rsplit('_')[-1]
        assert (length, interval) == expected.get(suffix, (350_000, 5000))
        assert cfg.train_dataloader.batch_size == 8  # on 4 GPUs, or 8
        batch = 64 if suffix == '730k' else 32
        assert cfg.auto_scale_lr == {
            'enable': False,
            'base_batch_size': batch,
        }
        for name, lr in (('generator', 1e-4), ('discriminator', 4e-4)):
            optimizer = cfg.optim_wrapper[name].optimizer
            assert (optimizer.type, optimizer.lr) == ('Adam', lr)
            assert optimizer.betas == (0.9, 0.99)
        assert cfg.get('param_scheduler') is None
    # Something is validated and saved more than once, and at the end.
    assert 2 * interval <= length
    assert 2 * cfg.default_hooks.checkpoint.interval <= length
    assert cfg.default_hooks.logger.interval <= interval
    assert cfg.train_dataloader.drop_last  # InfoNCE needs equal batches
    assert cfg.val_dataloader.batch_size == 1  # whole images of any size


def test_small_scale_networks_are_compared_fairly():
    """Equal widths, steps and numbers of codes, on equal patches."""
    models = {path.stem: seeded_model(read(path)) for path in SMALL}
    books = {
        name: count(model.generator.quantizers.parameters())
        for name, model in models.items()
        if not name.startswith('plain')
    }
    compared = ('stage2', 'vqgan_512x56', 'vqgan_aux_896x32')
    compared += ('vqgan_aux_moving',)
    assert {books[name] for name in compared} == {896 * 32}
    for name in compared:
        cfg = read(next(path for path in SMALL if path.stem == name))
        assert cfg.train_cfg.max_iters == 1000
        assert cfg.train_dataloader.batch_size == 8
        assert cfg.train_dataloader.dataset.ann_file.endswith('/train.txt')
        for part in ('encoder', 'decoder'):
            assert str(getattr(models[name].generator, part)) == str(
                getattr(models['stage2'].generator, part)
            )
    for name, moves in (
        ('vqgan_aux_896x32', False),
        ('vqgan_aux_moving', True),
    ):
        codes = models[name].generator.quantizers.parameters()
        assert all(each.requires_grad is moves for each in codes)
    # Three of them fit in 24 MB.
    names = [f'stage3_{task}_sharp' for task in ('inpaint', 'sr_x2', 'sr_x4')]
    shipped = [models[name] for name in names]
    sizes = [count(model.generator.parameters()) * 4 for model in shipped]
    assert sum(sizes) < 24e6


@pytest.mark.parametrize('path', SMALL, ids=name_of)
def test_small_scale_schedules_end_when_training_does(path):
    cfg = read(path)
    warm_up, cosine = cfg.param_scheduler
    assert warm_up.end == cosine.begin
    assert cosine.begin + cosine.T_max == cfg.train_cfg.max_iters
    for hook in cfg.custom_hooks:
        if hook.type == 'adacode_mm.ReviveCodesHook':
            assert max(hook.iterations) <= 0.7 * cfg.train_cfg.max_iters
        if hook.type == 'adacode_mm.CodebookWarmUpHook':
            # An autoencoder, or time for the codes to settle.
            share = hook.iterations / cfg.train_cfg.max_iters
            assert share == 1 or share <= 0.2
