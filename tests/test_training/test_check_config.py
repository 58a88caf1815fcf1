import pytest
from mmengine.config import Config
from tiny_stages import TINY

from adacode_mm.core.exceptions import ConfigError
from adacode_mm.training import check_config


@pytest.fixture
def cfg():
    return Config.fromfile(TINY / 'stage3_sr_x4.py')


@pytest.mark.parametrize(
    ('key', 'cls', 'argument', 'hint'),
    [
        ('model.frozn', 'CodebookEditor', 'frozn', 'frozen'),
        (
            'model.generator.encoder.num_group',
            'MultiScaleEncoder',
            'num_group',
            'num_groups',
        ),
        (
            'model.generator.quantizers.2.num_embedings',
            'VectorQuantizer',
            'num_embedings',
            'num_embeddings',
        ),
        (
            'model.hq_prior.weight_predictor.sofmax',
            'WeightPredictor',
            'sofmax',
            'softmax',
        ),
        (
            'model.code_losses.nce.temperatur',
            'InfoNCELoss',
            'temperatur',
            'temperature',
        ),
        # the host's classes
        ('model.pixel_loss.loss_wieght', 'L1Loss', 'loss_wieght', 'loss_weig'),
        (
            'train_dataloader.dataset.pipeline.1.gt_patch_sise',
            'PairedRandomResizedCrop',
            'gt_patch_sise',
            'gt_patch_size',
        ),
        ('model.init_cfg.source', 'PretrainedParts', 'source', 'sources'),
        ('train_cfg.max_iter', 'ResumableTrainLoop', 'max_iter', 'max_iters'),
        (
            'optim_wrapper.generator.optimizer.beta',
            'Adam',
            'beta',
            'betas',
        ),
        (
            'custom_hooks.0.intervall',
            'CodebookUsageHook',
            'intervall',
            'inter',
        ),
        (
            'val_evaluator.metrics.0.crop_boarder',
            'PSNR',
            'crop_boarder',
            'cro',
        ),
    ],
)
def test_a_typo_is_named_with_place_class_and_hint(
    cfg, key, cls, argument, hint
):
    check_config(cfg)
    cfg.merge_from_dict({key: 1})
    place = key.rpartition('.')[0].replace('.', r'\.')
    with pytest.raises(
        ConfigError,
        match=rf"{place} gives {cls} an argument '{argument}', but it takes "
        rf"\[.*\]\. Did you mean '{hint}",
    ):
        check_config(cfg)


def test_no_hint_where_nothing_is_close(cfg):
    cfg.model.generator.xyz = 1
    with pytest.raises(ConfigError) as caught:
        check_config(cfg)
    assert 'Did you mean' not in str(caught.value)
    assert "'quantizers'" in str(caught.value)


def test_a_part_of_a_config():
    part = {'type': 'adacode_mm.VQLoss', 'beta': 0.25}
    check_config(part)
    check_config([part])
    with pytest.raises(ConfigError, match=r"^The config gives VQLoss .*'bta'"):
        check_config({**part, 'bta': 1})


def test_what_takes_anything_is_left_to_the_builder():
    check_config({'type': 'CheckpointHook', 'nonsense': 1})
    check_config({'type': 'NoSuchClassAnywhere', 'nonsense': 1})
