"""The contract that every config keeps, found by name on disk."""

import adacode_mm  # noqa: F401 isort: skip  (before MMagic)
import pytest
import torch
from mmagic.structures import DataSample
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmengine.runner import load_checkpoint
from tiny_stages import (
    CLASSES,
    CONFIGS,
    TINY,
    photo_batch,
    seeded_model,
    seeded_optimizers,
    tiny_config,
)

from adacode_mm.apis import check_config
from adacode_mm.inference import padded_forward
from adacode_mm.registry import HOOKS, METRICS, TRANSFORMS

PATHS = [
    path
    for path in sorted(CONFIGS.rglob('*.py'))
    if '_base_' not in path.parts
]
FULL = [path for path in PATHS if path.parent.name != 'tiny']
NAMES = [path.stem for path in PATHS if path.parent == TINY]

# Of the released classes; what is trained follows from what they freeze.
GENERATOR = {
    'stage1': 11_127_875 + 131_584,
    'stage1_256': 11_062_339 + 131_584,
    'stage2': 35_438_088,
    'stage3_sr_x2': 59_972_616,
    'stage3_sr_x4': 57_321_352,
    'stage3_inpaint': 60_634_696,
}
TRAINED = {
    'stage1': 11_259_459,
    'stage1_256': 11_259_459 - 65_536,
    'stage2': 34_979_336,
    'stage3_sr_x2': 52_500_869,
    'stage3_sr_x4': 49_849_605,
    'stage3_inpaint': 53_162_949,
}
SMALL_CODEBOOK = ('stage1_indoor', 'stage1_street', 'stage1_portrait')


def name_of(path):
    return path.relative_to(CONFIGS).with_suffix('').as_posix()


def kind_of(path):
    if path.stem in SMALL_CODEBOOK:
        return 'stage1_256'
    return 'stage1' if path.stem.startswith('stage1') else path.stem


def test_all_stages_are_there_in_both_sizes():
    stages = {f'stage1_{name}' for name in CLASSES} | {'stage2'}
    stages |= {f'stage3_{task}' for task in ('sr_x2', 'sr_x4', 'inpaint')}
    assert {path.stem for path in FULL} >= stages
    assert set(NAMES) == stages


@pytest.mark.parametrize('path', PATHS, ids=name_of)
def test_it_is_read_checked_and_written_again(path, tmp_path):
    cfg = Config.fromfile(path)
    check_config(cfg)
    copied = tmp_path / 'copy.py'
    cfg.dump(copied)  # through pretty_text, which the runner logs
    again = Config.fromfile(copied)
    assert again.to_dict() == cfg.to_dict()
    for name in ('path', 'os', 'Path', 'k', 'name'):
        assert name not in cfg, f'{name} is left over from the config file'


@pytest.mark.parametrize('path', PATHS, ids=name_of)
def test_its_parts_are_built_from_their_arguments(path):
    cfg = Config.fromfile(path)
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
    if 'adacode' not in path.parts:
        pytest.skip('no numbers were released')
    cfg = Config.fromfile(path)
    with torch.device('meta'):
        model = seeded_model(cfg)

    def count(module):
        return sum(p.numel() for p in module.parameters())

    assert count(model.generator) == GENERATOR[kind_of(path)]
    trained = (p for p in model.generator.parameters() if p.requires_grad)
    assert sum(p.numel() for p in trained) == TRAINED[kind_of(path)]
    assert count(model.discriminator) == 4_376_897
    if model.hq_prior is not None:
        assert count(model.hq_prior) == GENERATOR['stage2']


def test_full_size_losses_are_those_of_the_paper():
    """Type and weight of each loss; stage III leaves out none of II."""
    pixel = {
        'loss_pix': ('L1Loss', 1.0),
        'loss_perceptual': ('LPIPSLoss', 1.0),
    }
    gan = {'loss_gan': ('GANLoss', 0.1)}
    code = {
        'stage1_arch': {
            'vq': ('VQLoss', 1.0),
            'semantic': ('SemanticLoss', 0.1),
        },
        'stage2': {'vq': ('VQLoss', 1.0)},
        'stage3_sr_x4': {
            'match_codes': ('PriorMatchLoss', 1.0),
            'match_mixed': ('PriorMatchLoss', 1.0),
            'nce': ('InfoNCELoss', 1.0),
        },
    }
    for name, losses in code.items():
        cfg = Config.fromfile(CONFIGS / 'adacode' / f'{name}.py')
        with torch.device('meta'):
            model = seeded_model(cfg)
        found = {
            'loss_pix': model.pixel_loss,
            'loss_perceptual': model.perceptual_loss,
            'loss_gan': model.gan_loss,
            **model.code_losses,
        }
        found = {
            k: (type(v).__name__, v.loss_weight) for k, v in found.items()
        }
        assert found == {**pixel, **gan, **losses}, name
        taps = [getattr(v, 'tap', None) for v in model.code_losses.values()]
        if name == 'stage3_sr_x4':
            assert taps == ['codes', 'mixed', None]
            assert model.code_losses['match_codes'].beta == 0.25
            assert model.code_losses['nce'].temperature == 0.5


def named_losses(model_cfg):
    """What a config says will be logged."""
    names = {'loss_pix'}
    if model_cfg.get('perceptual_loss'):
        names.add('loss_perceptual')
    if model_cfg.get('gan_loss'):
        names |= {'loss_gan', 'loss_d_real', 'loss_d_fake'}
    codes = model_cfg.code_losses.items()
    return names | {f'loss_{name}' for name, cfg in codes if cfg}


@pytest.mark.parametrize('name', NAMES)
def test_one_training_step(name):
    cfg = tiny_config(name)
    model = seeded_model(cfg).train()
    optim = seeded_optimizers(cfg, model)
    before = {n: p.detach().clone() for n, p in model.named_parameters()}
    prefixes = tuple(f'{part}.' for part in cfg.model.get('frozen', ()))
    frozen = {n for n in before if n.startswith((*prefixes, 'hq_prior.'))}
    logs = model.train_step(photo_batch(cfg), optim)
    assert set(logs) == named_losses(cfg.model)
    for key, value in logs.items():
        assert torch.isfinite(value), key
    changed = {
        n for n, p in model.named_parameters() if not torch.equal(p, before[n])
    }
    assert not changed & frozen, 'a frozen parameter moved'
    # Inside of both hinges the last bias gets -1 from real and 1 from fake.
    still = before.keys() - frozen - changed - {'discriminator.conv_9.bias'}
    assert not still, f'no gradient for {sorted(still)}'


def photo_like(height, width):
    torch.manual_seed(5)
    return torch.randint(0, 256, (3, height, width), dtype=torch.uint8)


def predict(model, image):
    """What `test_step` makes of one RGB image."""
    sample = DataSample(
        metainfo={'img_channel_order': 'RGB', 'img_color_type': 'color'}
    )
    data = {'inputs': [image.clone()], 'data_samples': [sample]}
    (found,) = model.test_step(data)
    return found.output.pred_img


@pytest.mark.parametrize('name', NAMES)
@torch.no_grad()
def test_predict_save_load_predict(name, tmp_path):
    cfg = tiny_config(name)
    model = seeded_model(cfg, seed=0).eval()
    image = photo_like(37, 51)
    found = predict(model, image)
    scale = {'stage3_sr_x2': 2, 'stage3_sr_x4': 4}.get(name, 1)
    assert found.shape == (3, 37 * scale, 51 * scale)
    # In BGR and 0..255, as MMagic's metrics and inferencers expect.
    expected = padded_forward(model.generator, image[None] / 255).image[0]
    expected = (expected.flip(0) * 255).clamp(0, 255)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-3)
    assert found.std() > 1

    path = str(tmp_path / 'model.pth')
    torch.save({'state_dict': model.state_dict(), 'meta': {}}, path)
    other = seeded_model(cfg, seed=1).eval()
    assert not torch.allclose(predict(other, image), found)
    load_checkpoint(other, path)
    assert torch.equal(predict(other, image), found)
