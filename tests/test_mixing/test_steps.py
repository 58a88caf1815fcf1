"""One real step of each config that mixes our parts with MMagic's."""

import adacode_mm  # noqa: F401 isort: skip  (before MMagic)
import copy
import functools

import pytest
import torch
from mmengine.config import Config
from tiny_stages import CONFIGS, photo_batch, seeded_model, seeded_optimizers

from adacode_mm.core.exceptions import ConfigError, InputError
from adacode_mm.models.adacode.codebook_net import CodebookNet
from adacode_mm.models.adacode.image_codebook_net import ImageCodebookNet
from adacode_mm.models.layers.padding import padded_forward
from adacode_mm.training.check_config import check_config

MIXED = CONFIGS / 'mixed'
OURS_IN_THEIRS = ('srgan_with_adacode_x4', 'realesrgan_with_adacode_x4')
THEIRS_IN_OURS = ('rrdbnet_x4', 'swinir_x4')
LOSSES = {'loss_pix', 'loss_gan', 'loss_d_real', 'loss_d_fake'}


def config(name):
    return Config.fromfile(MIXED / f'{name}.py')


class Step:
    """One training step: what is logged and which parameters move."""

    def __init__(self, name):
        self.cfg = config(name)
        self.model = seeded_model(self.cfg).train()
        optim = seeded_optimizers(self.cfg, self.model)
        self.batch = photo_batch(self.cfg)
        named = dict(self.model.named_parameters())
        before = {key: p.detach().clone() for key, p in named.items()}
        data = self.model.data_preprocessor(copy.deepcopy(self.batch), True)
        with torch.no_grad():
            found = self.model.generator(data['inputs'])
            found = getattr(found, 'image', found)
            gt = data['data_samples'].gt_img
            sharp = data['data_samples'].get('gt_unsharp')
            target = gt if sharp is None else sharp / 255
            self.expected_pix = (found - target).abs().mean().item()
        self.logs = self.model.train_step(copy.deepcopy(self.batch), optim)
        self.moved = {k for k, p in named.items() if not p.equal(before[k])}
        self.parameters = set(named)


step_of = functools.cache(Step)


@pytest.mark.parametrize('name', OURS_IN_THEIRS + THEIRS_IN_OURS)
def test_the_step_logs_its_losses(name):
    step = step_of(name)
    check_config(step.cfg)
    assert set(step.logs) == LOSSES
    assert all(torch.isfinite(torch.as_tensor(v)) for v in step.logs.values())
    # Summed in the order of another memory format.
    pix = torch.as_tensor(step.logs['loss_pix']).item()
    assert pix == pytest.approx(step.expected_pix, rel=1e-4)


@pytest.mark.parametrize('name', OURS_IN_THEIRS)
def test_gradients_reach_all_of_our_network_but_its_codes(name):
    """Straight through the codebooks, which an image loss cannot train."""
    step = step_of(name)
    assert type(step.model).__name__ in ('SRGAN', 'RealESRGAN')
    own = {k for k in step.parameters if k.startswith('generator.')}
    codes = {k for k in own if k.startswith('generator.quantizers.')}
    assert len(codes) == 5
    assert step.moved & own == own - codes
    trained = {k for k, p in step.model.named_parameters() if p.requires_grad}
    assert trained & own == own - codes


@pytest.mark.parametrize('name', THEIRS_IN_OURS)
def test_gradients_reach_all_of_their_network(name):
    step = step_of(name)
    own = {k for k in step.parameters if k.startswith('generator.')}
    assert own and own <= step.moved


@pytest.fixture
def photo():
    """Part of a batch's input (1, 3, 11, 14): no multiple of anything."""
    cfg = config('srgan_with_adacode_x4')
    return photo_batch(cfg)['inputs'][0][None, :, :11, :14] / 255


def test_the_prediction_is_that_of_the_same_codebook_network(photo):
    """Same parameters, same names, same padding."""
    cfg = config('srgan_with_adacode_x4')
    model = seeded_model(cfg).eval()
    plain = {**cfg.model.generator, 'type': 'adacode_mm.CodebookNet'}
    cfg.model = dict(plain)
    other = seeded_model(cfg, seed=1).eval()
    other.load_state_dict(model.generator.state_dict())
    with torch.no_grad():
        found = model(photo, mode='tensor')
        expected = padded_forward(other, photo).image
    assert found.shape == (1, 3, 44, 56)
    assert torch.equal(found, expected)
    assert found.std() > 0.01


def test_training_pads_no_more_than_it_must():
    cfg = config('srgan_with_adacode_x4')
    net = seeded_model(cfg).generator
    image = photo_batch(cfg)['inputs'][0][None] / 255
    assert image.shape[-1] % net.size_multiple == 0
    with torch.no_grad():
        whole = CodebookNet.forward(net, image).image
        assert torch.equal(net.train()(image), whole)
        assert not torch.equal(net.eval()(image), whole)


def test_the_averaged_network_predicts_in_real_esrgan(photo):
    model = step_of('realesrgan_with_adacode_x4').model
    assert isinstance(model.generator_ema, ImageCodebookNet)
    model.eval()
    with torch.no_grad():
        found = model(photo, mode='tensor')
        assert torch.equal(found, model.generator_ema(photo))
        assert not torch.equal(found, model.generator(photo))
    model.train()


def test_a_semantic_head_is_refused():
    cfg = config('srgan_with_adacode_x4')
    cfg.model.generator.semantic_channels = 512
    with pytest.raises(ConfigError, match=r'must be None .* got 512'):
        seeded_model(cfg)


def test_an_image_that_cannot_be_mirrored_is_refused():
    net = seeded_model(config('srgan_with_adacode_x4')).generator.eval()
    with pytest.raises(InputError, match='must be large enough'):
        net(torch.zeros(1, 3, 1, 1))


@pytest.mark.parametrize('name', THEIRS_IN_OURS)
@torch.no_grad()
def test_their_network_predicts_as_by_itself(name, photo):
    model = seeded_model(config(name)).eval()
    found = model(photo, mode='tensor')
    assert torch.equal(found, model.generator.network(photo))
    assert found.shape == (1, 3, 44, 56)
    out = model.generator(photo)
    assert (out.quantized, out.pre_quant, out.mixed) == ([], [], None)


def test_their_parameters_keep_their_names():
    """MMagic's own checkpoints load, strictly, and ours load there."""
    model = seeded_model(config('rrdbnet_x4')).eval()
    network = model.generator.network
    names = {f'generator.{name}' for name in network.state_dict()}
    state = model.state_dict()
    assert {k for k in state if k.startswith('generator.')} == names
    other = seeded_model(config('rrdbnet_x4'), seed=1)
    assert not torch.equal(
        other.generator.network.conv_first.weight, network.conv_first.weight
    )
    other.load_state_dict(state)
    for key, value in other.generator.network.state_dict().items():
        assert torch.equal(value, network.state_dict()[key]), key
    del state['generator.conv_first.weight']
    with pytest.raises(InputError, match=r'generator\.conv_first\.weight'):
        other.load_state_dict(state)


def test_losses_on_codes_need_codes():
    cfg = config('rrdbnet_x4')
    cfg.model.code_losses = {'vq': {'type': 'adacode_mm.VQLoss'}}
    sentence = r"this CodelessNet has none: remove \['vq'\] from code_losses\."
    with pytest.raises(ConfigError, match=sentence):
        seeded_model(cfg)


def test_a_wrong_scale_is_an_error(photo):
    cfg = config('rrdbnet_x4')
    cfg.model.generator.scale = 2
    model = seeded_model(cfg)
    sentence = 'scale=2, but RRDBNet makes 44x56 pixels of 11x14'
    with pytest.raises(ConfigError, match=sentence):
        model.generator(photo)
