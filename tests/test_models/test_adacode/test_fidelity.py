"""Networks that stay as close to their input as they are told."""

import pytest
import torch
from released_state import relative_error
from tiny_networks import tiny_network

from adacode_mm.checkpoints.model_info import describe_network
from adacode_mm.core.exceptions import CheckpointError, InputError
from adacode_mm.models.adacode.exact.exact_forward import exact_forward
from adacode_mm.models.adacode.exact.passes import Limits
from adacode_mm.models.adacode.fast.accelerate import accelerate
from adacode_mm.models.adacode.infer_config import infer_config
from adacode_mm.models.adacode.stored_config import check_stored_config
from adacode_mm.models.adacode.traceable.traceable_net import TraceableNet
from adacode_mm.models.layers.hole_fill import fill_holes, harmonic_fill
from adacode_mm.models.layers.padding import padded_forward
from adacode_mm.registry import MODELS
from adacode_mm.restoring.restorer import Restorer

SWIN = {
    'num_layers': 1,
    'depth': 2,
    'num_heads': 2,
    'window_size': 4,
    'mlp_ratio': 2,
}
WIDTHS = {4: (8, 16), 2: (8, 8, 16), 1: (8, 8, 8, 16)}


def config(scale, **decoder):
    return {
        'type': 'adacode_mm.CodebookNet',
        'encoder': {
            'type': 'adacode_mm.MultiScaleEncoder',
            'channels': WIDTHS[scale],
            'num_groups': 4,
            'swin': SWIN,
            'out_norm': True,
        },
        'decoder': {
            'type': 'adacode_mm.FidelityDecoder',
            'channels': WIDTHS[scale][::-1],
            'scale': scale,
            'num_blocks': 1,
            **decoder,
        },
        'quantizers': [
            {
                'type': 'adacode_mm.VectorQuantizer',
                'num_embeddings': n,
                'embedding_dim': 6,
            }
            for n in (8, 12)
        ],
        'weight_predictor': {
            'type': 'adacode_mm.WeightPredictor',
            'swin': SWIN,
            'softmax': True,
        },
    }


def blind_config():
    """As in stage II: squares of pixels come in, no image to the decoder."""
    cfg = config(4, with_image=False)
    cfg['encoder'] |= {'patch': 4, 'swin': None}
    return cfg


def marked_config():
    """For inpainting: a fourth channel says where holes are."""
    cfg = config(1, image_channels=4)
    cfg['encoder']['in_channels'] = 4
    return cfg | {'hole_fill': 'marked'}


def built(cfg):
    torch.manual_seed(0)
    net = MODELS.build(cfg)
    for quantizer in net.quantizers:
        torch.nn.init.normal_(quantizer.embedding.weight)
    return net.eval()


def test_a_restorer_changes_its_mind():
    image = torch.rand(3, 24, 28)
    net = built(config(4))
    restorer = Restorer(net, describe_network(net, {}), device='cpu')
    assert restorer.takes_fidelity and restorer.fidelity is None
    before = restorer(image)
    restorer.fidelity = 0.25
    one = Restorer(net, describe_network(net, {}), device='cpu', fidelity=0.25)
    assert torch.equal(restorer(image), one(image))
    with pytest.raises(InputError):
        restorer.fidelity = 1.5
    assert restorer.fidelity == 0.25
    restorer.fidelity = None
    assert torch.equal(restorer(image), before)


@torch.no_grad()
@pytest.mark.parametrize(
    'cfg', [config(4), config(2), config(1), marked_config()]
)
def test_all_forms_follow_the_fidelity(cfg, tmp_path):
    net = built(cfg)
    image = torch.rand(1, cfg['encoder'].get('in_channels', 3), 50, 44)
    limits = Limits(2**20, 2**10, 1, str(tmp_path))
    found = []
    for w in (0.0, 0.7, None):
        expected = padded_forward(net, image, 'minimal', w).image
        found.append(expected)
        forms = {
            'fast': padded_forward(accelerate(net), image, 'minimal', w).image,
            'exact': exact_forward(
                net, image, 'minimal', limits, fidelity=w
            ).image,
            'traceable': TraceableNet(net, 'minimal', w)(image)[0],
        }
        for name, form in forms.items():
            assert relative_error(form, expected) < 1e-5, name
    assert torch.equal(
        found[2], padded_forward(net, image, 'minimal', 1).image
    )
    assert relative_error(found[0], found[1]) > 0.01


@torch.no_grad()
def test_codes_alone_have_pictures():
    net = built(config(4))
    indices = torch.randint(0, 8, (1, 4, 6))
    found = net.decode_indices(indices, basis=0)
    codes = net.quantizers[0].lookup(indices)
    image = torch.rand(1, 3, 8, 12)
    expected = net.decoder(net.post_quants[0](codes), (), image, 0.0)
    assert torch.equal(found, expected)


@torch.no_grad()
def test_marks_of_holes():
    cfg = marked_config()
    net = built(cfg)
    rgb = torch.rand(1, 3, 64, 64)
    holes = torch.zeros(1, 1, 64, 64, dtype=torch.bool)
    whole = net(fill_holes(rgb, holes, 'marked')).image
    assert torch.equal(net(rgb).image, whole)
    holes[..., 20:40, 30:44] = True
    filled = fill_holes(rgb, holes, 'marked')
    assert torch.equal(filled[:, :3], harmonic_fill(rgb, holes))
    assert torch.equal(filled[:, 3:], holes.float())
    expected = net(filled).image[0].clamp(0, 1)
    assert relative_error(expected, whole[0]) > 0.01
    restorer = Restorer(
        net,
        describe_network(net, cfg),
        device='cpu',
        composite=False,
        padding='minimal',
    )
    found = restorer(rgb[0].permute(1, 2, 0).numpy(), holes[0, 0].numpy())
    found = torch.from_numpy(found).permute(2, 0, 1)
    assert relative_error(found, expected) < 1e-5


@torch.no_grad()
def test_stage_2_in_all_forms(tmp_path):
    net = built(blind_config())
    assert (net.scale, net.size_multiple) == (1, 32)
    image = torch.rand(1, 3, 70, 61)
    expected = padded_forward(net, image).image
    limits = Limits(2**20, 2**10, 1, str(tmp_path))
    for form in (
        padded_forward(accelerate(net), image).image,
        exact_forward(net, image, 'released', limits).image,
        TraceableNet(net)(image)[0],
    ):
        assert relative_error(form, expected) < 1e-5


def test_others_refuse_a_fidelity(tmp_path):
    image = torch.rand(1, 3, 64, 64)
    limits = Limits(2**20, 2**20, None, str(tmp_path))
    for net in (tiny_network()[0], built(blind_config())):
        for refused in (
            lambda net=net: net(image, fidelity=0.5),
            lambda net=net: accelerate(net)(image, fidelity=0.5),
            lambda net=net: TraceableNet(net, fidelity=0.5),
            lambda net=net: exact_forward(
                net, image, 'released', limits, fidelity=0.5
            ),
        ):
            with pytest.raises(InputError, match='FidelityDecoder'):
                refused()


@pytest.mark.parametrize('wrong', [-0.1, 1.5])
def test_fidelity_lies_between_0_and_1(wrong):
    with pytest.raises(InputError, match=str(wrong)):
        built(config(4))(torch.rand(1, 3, 64, 64), fidelity=wrong)


@pytest.mark.parametrize(
    'cfg', [config(4), config(2), marked_config(), blind_config()]
)
def test_config_from_shapes(cfg):
    net = built(cfg)
    state = net.state_dict()
    found = check_stored_config(cfg, state, 'FILE')
    again = MODELS.build(found)
    again.load_state_dict(state)
    image = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(again.eval()(image).image, net(image).image)
    inferred = infer_config(state, num_groups=4)
    assert inferred['decoder'] == found['decoder']


def test_a_config_of_another_decoder_is_refused():
    state = built(config(4)).state_dict()
    cfg = config(4)
    cfg['decoder'] = {
        'type': 'adacode_mm.MultiScaleDecoder',
        'channels': (16, 8),
        'num_groups': 4,
    }
    with pytest.raises(CheckpointError, match='decoder'):
        check_stored_config(cfg, state, 'FILE')
