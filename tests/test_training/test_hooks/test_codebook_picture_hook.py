from types import SimpleNamespace

import numpy as np
import torch
from refusals import refused
from torch import nn

import adacode_mm  # noqa: F401
from adacode_mm.core.exceptions import ConfigError, InputError
from adacode_mm.models.layers.padding import padded_forward
from adacode_mm.registry import MODELS
from adacode_mm.training.hooks.codebook_picture_hook import CodebookPictureHook
from adacode_mm.views.codebook_sheet import codebook_sheet
from adacode_mm.views.weight_map import weight_maps_picture


class Net(nn.Module):
    """A x2 network whose weight map and decoded codes can be foretold."""

    scale = 2
    size_multiple = 16

    def __init__(self, num_codebooks=2):
        super().__init__()
        self.level = nn.Parameter(torch.tensor(0.1))
        self.quantizers = [
            SimpleNamespace(num_embeddings=3 + k) for k in range(num_codebooks)
        ]

    def forward(self, image, decode=True):
        assert not decode and not torch.is_grad_enabled()
        self.padded = image
        mean = nn.functional.avg_pool2d(image, 4)
        return SimpleNamespace(weight=mean[:, :2])

    def decode_indices(self, indices, basis=0):
        value = (indices + basis) * self.level
        value = value.repeat_interleave(8, 1).repeat_interleave(8, 2)
        return value[:, None].expand(-1, 3, -1, -1)


class Visualizer:
    def __init__(self):
        self.drawn = []

    def add_image(self, name, image, step):
        self.drawn.append((name, image, step))


def make_runner(net):
    model = nn.Module()
    model.generator = net
    model.data_preprocessor = lambda data, training: {
        'inputs': torch.stack(data['inputs']) / 255
    }
    return SimpleNamespace(
        model=model, visualizer=Visualizer(), iter=0, _train_loop=None
    )


def validate(hook, runner, batches):
    hook.before_val(runner)
    for n, batch in enumerate(batches):
        hook.after_val_iter(runner, n, batch)


def batch_of(seed, size=(24, 20)):
    generator = torch.Generator().manual_seed(seed)
    return {
        'inputs': [
            torch.randint(0, 256, (3, *size), generator=generator)
            for _ in range(2)
        ]
    }


def test_pictures_of_the_first_image_and_of_every_codebook():
    net = Net()
    runner = make_runner(net)
    runner.iter = 700
    hook = CodebookPictureHook()
    hook.before_train(runner)
    validate(hook, runner, [batch_of(0), batch_of(1)])
    names = [name for name, _, _ in runner.visualizer.drawn]
    assert names == ['weight_maps', 'codebook0', 'codebook1']
    assert {step for _, _, step in runner.visualizer.drawn} == {700}
    maps, *sheets = [image for _, image, _ in runner.visualizer.drawn]
    # The released padding: up to the next multiple, mirrored.
    image = batch_of(0)['inputs'][0] / 255
    assert net.padded.shape == (1, 3, 32, 32)
    torch.testing.assert_close(net.padded[0, :, :24, :20], image)
    torch.testing.assert_close(
        net.padded[0, :, 24:, :20], image[:, 16:].flip(1)
    )
    weight = nn.functional.avg_pool2d(net.padded, 4)[:, :2]
    np.testing.assert_array_equal(
        maps, weight_maps_picture(weight, 8, (48, 40))
    )
    for k, sheet in enumerate(sheets):
        levels = (torch.arange(3 + k) + k) * 0.1
        patches = levels.view(-1, 1, 1, 1).expand(-1, 3, 32, 32)
        np.testing.assert_array_equal(sheet, codebook_sheet(patches))


def test_interval():
    """The first, one after every 250 iterations, and the last."""
    loop = SimpleNamespace(val_begin=1, val_interval=100, max_iters=1050)
    iterations = [*range(100, 1050, 100), 1050]
    # also after a resume
    for part in (iterations, iterations[4:]):
        runner = make_runner(Net())
        runner._train_loop = loop
        hook = CodebookPictureHook(interval=250, sheets=False)
        for runner.iter in part:
            validate(hook, runner, [batch_of(0), batch_of(1)])
        drawn = [step for _, _, step in runner.visualizer.drawn]
        expected = [100, 300, 500, 800, 1000, 1050]
        assert drawn == [step for step in expected if step in part]


def test_a_sheet_that_has_not_changed_is_not_drawn_again():
    net = Net()
    runner = make_runner(net)
    hook = CodebookPictureHook()
    for runner.iter, level in enumerate([0.1, 0.1, 0.2]):
        net.level.data.fill_(level)
        validate(hook, runner, [batch_of(0)])
    steps = {}
    for name, _, step in runner.visualizer.drawn:
        steps.setdefault(name, []).append(step)
    assert steps == {
        'weight_maps': [0, 1, 2],
        'codebook0': [0, 2],
        'codebook1': [0, 2],
    }


def test_a_single_codebook_has_no_weight_map():
    runner = make_runner(Net(1))
    validate(CodebookPictureHook(), runner, [batch_of(0)])
    assert [name for name, _, _ in runner.visualizer.drawn] == ['codebook0']


def test_the_network_that_predicts_is_drawn():
    runner = make_runner(Net(1))
    average = Net(1)
    average.level.data.fill_(0.5)
    runner.model.predictor = lambda: average
    validate(CodebookPictureHook(), runner, [batch_of(0)])
    ((_, sheet, _),) = runner.visualizer.drawn
    patches = torch.arange(3).view(-1, 1, 1, 1).expand(-1, 3, 32, 32) / 2
    np.testing.assert_array_equal(sheet, codebook_sheet(patches))


def test_the_style_is_handed_on():
    runner = make_runner(Net())
    hook = CodebookPictureHook(sheets=False, style='signed')
    validate(hook, runner, [batch_of(0)])
    ((_, image, _),) = runner.visualizer.drawn
    weight = nn.functional.avg_pool2d(runner.model.generator.padded, 4)[:, :2]
    expected = weight_maps_picture(weight, 8, (48, 40), 'signed')
    np.testing.assert_array_equal(image, expected)


def test_wrapped_models_and_generators_are_unwrapped():
    runner = make_runner(Net(1))
    runner.model.generator = nn.DataParallel(runner.model.generator)
    runner.model = nn.DataParallel(runner.model)
    hook = CodebookPictureHook()
    hook.before_train(runner)
    validate(hook, runner, [batch_of(0)])
    assert [name for name, _, _ in runner.visualizer.drawn] == ['codebook0']


def test_a_real_network_is_drawn_as_it_predicts():
    torch.manual_seed(0)
    vq = {
        'type': 'adacode_mm.VectorQuantizer',
        'num_embeddings': 5,
        'embedding_dim': 8,
    }
    widths = {'channels': (8, 8, 8, 8), 'num_groups': 4}
    net = MODELS.build(
        {
            'type': 'adacode_mm.CodebookNet',
            'encoder': dict(type='adacode_mm.MultiScaleEncoder', **widths),
            'decoder': dict(type='adacode_mm.MultiScaleDecoder', **widths),
            'quantizers': [vq, vq, vq],
            'weight_predictor': {
                'type': 'adacode_mm.WeightPredictor',
                'swin': {
                    'num_layers': 1,
                    'depth': 1,
                    'num_heads': 2,
                    'window_size': 4,
                },
            },
        }
    )
    runner = make_runner(net)
    hook = CodebookPictureHook()
    hook.before_train(runner)
    validate(hook, runner, [batch_of(0, (40, 30))])
    (name, maps, _), *sheets = runner.visualizer.drawn
    assert name == 'weight_maps'
    out = padded_forward(net, batch_of(0, (40, 30))['inputs'][0][None] / 255)
    assert out.image.shape[-2:] == (40, 30)
    np.testing.assert_array_equal(
        maps, weight_maps_picture(out.weight.detach(), 8, (40, 30))
    )
    assert [name for name, _, _ in sheets] == [
        f'codebook{k}' for k in range(3)
    ]
    assert {sheet.shape for _, sheet, _ in sheets} == {(36, 5 * 34 + 2, 3)}


def test_another_model_is_refused_before_training():
    runner = SimpleNamespace(model=nn.Linear(2, 2))
    with refused(InputError, 'decode_indices', 'Linear'):
        CodebookPictureHook().before_train(runner)
    with refused(ConfigError, 'interval'):
        CodebookPictureHook(interval=0)
