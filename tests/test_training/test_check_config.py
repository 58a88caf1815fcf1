"""Which settings are refused before anything is built, and what is said."""

import copy
import functools

import pytest
from mmengine.config import Config
from tiny_stages import CONFIGS, TINY

from adacode_mm.core.exceptions import ConfigError
from adacode_mm.training.check_config import check_config
from adacode_mm.training.check_training import check_training
from adacode_mm.training.run_config import load_config


@functools.cache
def read(path):
    cfg = Config.fromfile(path)
    cfg.param_scheduler = [
        {'type': 'LinearLR', 'begin': 0, 'end': 9, 'by_epoch': False}
    ]
    return cfg


def check(path=TINY / 'stage3_sr_x4.py', **options):
    """What `tools/train.py` does before it builds anything."""
    cfg = load_config(copy.deepcopy(read(path)), cfg_options=options)
    check_training(cfg)


def refused(facts, **options):
    with pytest.raises(ConfigError) as caught:
        check(**options)
    message = str(caught.value)
    assert '\n' not in message
    for fact in facts:
        assert fact in message, message


SLIPS = {
    # our classes
    'model.frozn': 'frozen',
    'model.generator.encoder.num_group': 'num_groups',
    'model.generator.quantizers.2.num_embedings': 'num_embeddings',
    'model.hq_prior.weight_predictor.swn': 'swin',
    'model.code_losses.nce.temperatur': 'temperature',
    'model.init_cfg.source': 'sources',
    'model.train_cfg.emma': 'ema',
    'model.test_cfg.paddin': 'padding',
    'train_cfg.max_iter': 'max_iters',
    'custom_hooks.0.intervall': 'interval',
    'default_hooks.checkpoint.max_keep_ckpt': 'max_keep_ckpts',
    # MMagic's, MMEngine's and PyTorch's
    'model.pixel_loss.loss_wieght': 'loss_weight',
    'train_dataloader.dataset.pipeline.1.gt_patch_sise': 'gt_patch_size',
    'train_dataloader.batchsize': 'batch_size',
    'optim_wrapper.generator.optimizer.beta': 'betas',
    'optim_wrapper.generator.accumulative_count': 'accumulative_counts',
    'optim_wrapper.generator.clip_grad': {'max_nrm': 1.0},
    'optim_wrapper.genrator.optimizer.type': 'generator',
    'param_scheduler.0.begn': 'begin',
    'val_evaluator.metrics.0.crop_boarder': 'crop_border',
    'default_hooks.chekpoint.interval': 'checkpoint',
    # dicts without a type
    'auto_scale_lr.enabel': 'enable',
    'env_cfg.cudnn_benchmrk': 'cudnn_benchmark',
    'env_cfg.mp_cfg.opencv_num_thread': 'opencv_num_threads',
    'randomness.sed': 'seed',
    'model.init_cfg.sources.0.chekpoint': 'checkpoint',
    # the top
    'trian_cfg.max_iters': 'train_cfg',
    'train_dataloder.batch_size': 'train_dataloader',
    'nothing_like_it': '',
}


@pytest.mark.parametrize('option', SLIPS)
def test_an_unknown_name_is_refused_with_the_right_one(option):
    meant, value = SLIPS[option], 1
    if isinstance(meant, dict):
        ((name, _),), value, meant = meant.items(), meant, 'max_norm'
    else:
        name = option.rpartition('.')[2]
        if name in ('type', 'max_iters', 'batch_size', 'interval'):
            name = option.split('.')[1 if name in ('type', 'interval') else 0]
    facts = [repr(name), repr(meant) if meant else 'model']
    refused(facts, **{option: value})


WRONG = {
    'train_cfg.max_iters': (5.5, -3, 0, 'many', None),
    'train_cfg.val_interval': (0, -1, 2.5, None),
    'auto_scale_lr.enable': ('no',),
    'optim_wrapper.generator.accumulative_counts': (0, 'two'),
    'optim_wrapper.generator.optimizer.lr': ('high',),
    'optim_wrapper.generator.clip_grad.max_norm': ('large',),
    'default_hooks.checkpoint.interval': ('often', 2.5, [5]),
    'param_scheduler.0.begin': ('first',),
    'param_scheduler.0.start_factor': ('small',),
    'train_dataloader.batch_size': (0, 'big'),
    'model.pixel_loss.loss_weight': ('heavy',),
    'model.code_losses.nce.loss_weight': ('heavy', [1]),
    'model.train_cfg.disc_steps': ('all', 1.5),
    'model.train_cfg.memory_format': ('best',),
    'model.test_cfg.padding': ('x', 3),
    'custom_hooks.0.interval': ('now',),
    'model.pixel_loss.loss_weight ': (float('nan'),),
    'model.generator.quantizers.0.num_embeddings': (0, -4, 'x'),
    'model.train_cfg.disc_steps ': (0, -1),
    'val_dataloader.batch_size': (0, -1),
    'train_dataloader.num_workers': (-1, 'two', 1.5),
    'optim_wrapper.generator.clip_grad.max_norm ': (-1, 0),
    'optim_wrapper.generator.optimizer.lr ': (float('nan'),),
    'auto_scale_lr.base_batch_size': (0, 'x'),
    'randomness.seed': (-1, 1.5, 'x'),
    # sections
    'train_dataloader': ('x', 5),
    'train_cfg': ('x',),
    'optim_wrapper': ('x',),
    'custom_hooks': ('x',),
    'param_scheduler': ('x',),
    'randomness': (3,),
    'env_cfg': ('x',),
    'model': (5, None),
    'load_from': (5,),
    'train_dataloader.dataset.pipeline': ('x',),
    'custom_hooks.0': ('x',),
    'train_dataloader.dataset.pipeline.0': ('x',),
}


@pytest.mark.parametrize(
    ('option', 'value'),
    [(option, value) for option, values in WRONG.items() for value in values],
)
def test_a_value_of_a_wrong_type_or_range_is_refused(option, value):
    option = option.strip()  # a second time
    refused([option, repr(value)], **{option: value})


SLIPS_OF_TYPES = {
    'model.type': ('CodebookEdito', 'CodebookEditor'),
    'model.generator.type': ('adacode_mm.CodebokNet', 'CodebookNet'),
    'model.pixel_loss.type': ('L1Los', 'L1Loss'),
    'model.code_losses.vq.type': ('VQLos', 'VQLoss'),
    'model.init_cfg.type': ('PretraindParts', 'PretrainedParts'),
    'train_dataloader.dataset.type': (
        'RestorationDatast',
        'RestorationDataset',
    ),
    'train_dataloader.sampler.type': ('ResumableSamplr', 'ResumableSampler'),
    'train_cfg.type': ('ResumableTrainLop', 'ResumableTrainLoop'),
    'optim_wrapper.generator.type': ('OptimWraper', 'OptimWrapper'),
    'optim_wrapper.generator.optimizer.type': ('Adm', 'Adam'),
    'param_scheduler.0.type': ('LinerLR', 'LinearLR'),
    'val_evaluator.metrics.0.type': ('PSNRR', 'PSNR'),
    'custom_hooks.0.type': ('CodebookUsageHok', 'CodebookUsageHook'),
    'visualizer.vis_backends.0.type': ('LocalVisBacken', 'LocalVisBackend'),
}


@pytest.mark.parametrize('option', SLIPS_OF_TYPES)
def test_a_class_that_is_nearly_one(option):
    given, meant = SLIPS_OF_TYPES[option]
    refused([option, repr(given), repr(meant)], **{option: given})


def test_types_that_are_no_classes():
    """As in configs of MMagic."""
    check_config({'init_cfg': {'type': 'normal', 'gain': 0.02}})
    check_config({'vis_kwargs_list': {'type': 'GAN', 'name': 'fake_img'}})
    average = {'type': 'ExponentialMovingAverage', 'start_iter': 5}
    check_config({'ema_config': average})
    check(val_dataloader=[{'batch_size': 1}], val_cfg={'type': 'MultiValLoop'})


def test_an_option_of_another_kind_than_the_config():
    path = CONFIGS / 'adacode' / 'tiny' / 'stage1_arch.py'
    with pytest.raises(ConfigError) as caught:
        check(path, **{'model.perceptual_loss.loss_weight': 1.0})
    assert 'model.perceptual_loss.loss_weight' in str(caught.value)


def test_an_entry_that_a_list_has_not():
    hooks = len(read(TINY / 'stage3_sr_x4.py').custom_hooks)
    refused(['custom_hooks.9', f'{hooks} '], **{'custom_hooks.9.interval': 1})
    refused(['log_level', "'INFO'", "'a'"], **{'log_level.a': 1})


def test_variables_of_a_config_are_its_own(tmp_path):
    """Such as those of MMagic, which its lists of loaders are made of."""
    cfg = copy.deepcopy(read(TINY / 'stage3_sr_x4.py'))
    cfg.merge_from_dict(
        {
            'set5_dataloader': dict(cfg.val_dataloader),
            'test100_dataloader': {'batch_size': 1},
            'my_notes': 'x',
        }
    )
    check_config(cfg)
    cfg.train_dataloder = {'batch_size': 3}
    with pytest.raises(ConfigError) as caught:
        check_config(cfg)
    assert "'train_dataloder'" in str(caught.value)
    assert "'train_dataloader'" in str(caught.value)


def test_what_models_of_mmagic_read_in_their_settings():
    path = CONFIGS / 'mixed' / 'srgan_with_adacode_x4.py'
    check(path, **{'model.train_cfg': {'disc_steps': 2, 'of_mine': 1}})
    with pytest.raises(ConfigError) as caught:
        check(path, **{'model.train_cfg': {'disc_step': 2}})
    assert "'disc_steps'" in str(caught.value)


def test_without_a_close_name_all_are_listed():
    with pytest.raises(ConfigError) as caught:
        check(**{'model.generator.xyz': 1})
    for name in ("'xyz'", 'model.generator', 'quantizers', 'CodebookNet'):
        assert name in str(caught.value)


def test_a_part_of_a_config():
    part = {'type': 'adacode_mm.VQLoss', 'beta': 0.25}
    check_config(part)
    check_config([part])
    with pytest.raises(ConfigError) as caught:
        check_config({**part, 'bta': 1})
    for name in ('VQLoss', "'bta'", "'beta'"):
        assert name in str(caught.value)


def test_what_takes_anything_is_left_to_the_builder():
    check_config({'type': 'CheckpointHook', 'nonsense': 1})
    check_config({'type': 'NoSuchClassAnywhere', 'nonsense': 1})


def test_every_hook_may_have_a_priority():
    check_config({'type': 'adacode_mm.CodebookUsageHook', 'priority': 'LOW'})
