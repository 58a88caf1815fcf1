"""Networks without a family, from their file to the picture."""

import adacode_mm  # noqa: F401 isort: skip  (before MMagic)

import json

import numpy as np
import pytest
import torch
from PIL import Image
from plain_networks import mixed_config, spandrel_file, trained, written
from released_state import relative_error
from shrunk_configs import PHOTOS

from adacode_mm.checkpoints.model_file import open_model
from adacode_mm.cli.main import main
from adacode_mm.core.exceptions import CheckpointError, InputError
from adacode_mm.images.read_picture import read_picture
from adacode_mm.models.structures import CodebookOutput
from adacode_mm.registry import MODELS
from adacode_mm.restoring import feathered_tiles
from adacode_mm.restoring.restorer import Restorer

PHOTO = PHOTOS / 'coffee_odd_131x97.png'


class TwoPlainBooks(torch.nn.Module):
    """A network of somebody's own, with two codebooks and no family."""

    def __init__(self, width: int = 8):
        super().__init__()
        self.conv = torch.nn.Conv2d(3, width, 4, stride=4)
        self.quantizers = torch.nn.ModuleList(
            torch.nn.Embedding(16, width) for _ in range(2)
        )
        self.out = torch.nn.ConvTranspose2d(width, 3, 8, stride=8)

    def forward(self, image):
        if image.shape[2] % 4 or image.shape[3] % 4:
            raise ValueError('sides must be multiples of 4')
        feat = self.conv(image)
        rows = feat.permute(0, 2, 3, 1)
        mixed = 0
        for book in self.quantizers:
            apart = (rows[..., None, :] - book.weight).square().sum(-1)
            mixed = mixed + book(apart.argmin(-1))
        image = self.out(mixed.permute(0, 3, 1, 2))
        return CodebookOutput(image, feat, [], [], None)


@pytest.fixture
def registered():
    MODELS.register_module(module=TwoPlainBooks, force=True)


@pytest.fixture(scope='module', params=['rrdbnet_x4', 'swinir_x4'])
def work_dir(request, tmp_path_factory):
    """A network and the work directory of its training."""
    return trained(request.param, tmp_path_factory.mktemp('run') / 'x')


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / 'photo.png'
    Image.open(PHOTO).convert('RGB').crop((0, 0, 40, 36)).save(path)
    return path


def expected_of(net, path):
    rgb = torch.from_numpy(read_picture(path).pixels).permute(2, 0, 1)
    with torch.no_grad():
        out = net(rgb[None])
    return getattr(out, 'image', out)[0].clamp(0, 1).permute(1, 2, 0)


def test_a_work_directory_restores(work_dir, photo, tmp_path, capsys):
    net, folder = work_dir
    restored = Restorer.from_pretrained(folder, device='cpu')(photo)
    expected = expected_of(net, photo).numpy()
    assert np.abs(restored / 255 - expected).max() <= 0.5001 / 255
    out = tmp_path / 'out.png'
    command = ['sr', str(photo), '-o', str(out), '--model', str(folder)]
    assert main(command) == 0, capsys.readouterr().err
    found = np.asarray(Image.open(out))
    np.testing.assert_array_equal(found, restored)


def test_a_checkpoint_restores_by_what_it_says_of_itself(work_dir, photo):
    net, folder = work_dir
    restorer = Restorer.from_pretrained(folder / 'iter_1.pth', device='cpu')
    expected = expected_of(net, photo).numpy()
    assert np.abs(restorer(photo) / 255 - expected).max() <= 0.5001 / 255
    assert restorer.codes is None
    inspection = restorer.inspect(photo)
    assert inspection.weight is None and inspection.indices == []


def test_it_is_exported(work_dir, tmp_path, capsys):
    onnxruntime = pytest.importorskip('onnxruntime')
    net, folder = work_dir
    path = tmp_path / 'net.onnx'
    assert main(['export', str(folder), '-o', str(path)]) == 0
    session = onnxruntime.InferenceSession(
        path.read_bytes(), providers=['CPUExecutionProvider']
    )
    said = session.get_modelmeta().custom_metadata_map
    side = int(said.get('fixed_size', 48))
    # SwinIR's windows go into the graph as numbers.
    assert ('fixed_size' in said) == ('swinir' in net.network.__module__)
    image = torch.rand(1, 3, side, side)
    (found,) = session.run(['image'], {'input': image.numpy()})
    with torch.no_grad():
        expected = net(image).image
    assert relative_error(found, expected) < 1e-4
    assert said['scale'] == '4' and said['task'] == 'sr'


def test_what_has_no_codes_shows_none(work_dir, photo, tmp_path, capsys):
    _, folder = work_dir
    for command in (
        ['codebook', '-o', str(tmp_path / 'codes')],
        ['weights', str(photo), '-o', str(tmp_path / 'maps')],
    ):
        assert main([*command, '--model', str(folder)]) == 2
        assert str(folder) in capsys.readouterr().err


def test_options_for_other_networks_are_refused(work_dir):
    _, folder = work_dir
    for options in ({'tile': 'exact'}, {'tile': 3}, {'tile': 'released'}):
        with pytest.raises(InputError, match=repr(options['tile'])):
            Restorer.from_pretrained(folder, **options)
    with pytest.raises(InputError, match='fidelity'):
        Restorer.from_pretrained(folder, fidelity=0.5)


def test_tiles_are_said(work_dir, monkeypatch):
    _, folder = work_dir
    monkeypatch.setattr(feathered_tiles, 'LARGEST', 64)
    picture = read_picture(PHOTO)
    restorer = Restorer.from_pretrained(folder, tile='feathered')
    result = restorer.restore_picture(picture)
    (note,) = set(result.notes) - set(picture.notes)
    assert '64x64' in note
    # Too little memory for one pass chooses them.
    monkeypatch.setenv('ADACODE_MEMORY', '1M')
    chosen = Restorer.from_pretrained(folder).restore_picture(picture)
    assert note in chosen.notes
    np.testing.assert_array_equal(chosen.pixels, result.pixels)
    monkeypatch.setenv('ADACODE_MEMORY', '2G')
    whole = Restorer.from_pretrained(folder).restore_picture(picture)
    assert whole.notes == picture.notes
    apart = np.abs(whole.pixels - result.pixels)
    assert apart.mean() < 0.02 * whole.pixels.std()


def test_the_page_restores_and_shows_no_codes(work_dir, photo, tmp_path):
    pytest.importorskip('gradio', reason='needs the extra "web"')
    from types import SimpleNamespace

    from adacode_mm.web.handlers import Handlers, Job
    from adacode_mm.web.model_shelf import ModelShelf
    from adacode_mm.web.upload import look_at

    _, folder = work_dir
    shelf = ModelShelf(Restorer.from_pretrained)
    shelf.add_named([str(folder)])
    handlers = Handlers(shelf, 10**6)
    upload, _ = look_at(photo, 10**6)
    job = Job(upload, 'sr', str(folder), 'paint', None, None)
    handlers.receive(str(photo), SimpleNamespace(session_hash='page'))
    answers = handlers.run(job, 'page', lambda done, desc: None)
    restored, seen = next(answers)
    expected = Restorer.from_pretrained(folder)(photo)
    np.testing.assert_array_equal(
        np.asarray(Image.open(restored.file)), expected
    )
    assert seen is None and list(answers) == [(None, None)]


def test_a_network_of_ones_own_restores(registered, tmp_path, photo):
    cfg = mixed_config('rrdbnet_x4')
    cfg.model.generator = {'type': 'TwoPlainBooks', 'width': 8}
    torch.manual_seed(0)
    net = TwoPlainBooks().eval()
    (tmp_path / 'run').mkdir()
    folder = written(net, cfg, tmp_path / 'run')
    restorer = Restorer.from_pretrained(folder, device='cpu')
    assert (restorer.task, restorer.scale) == ('sr', 2)
    expected = expected_of(net, photo).numpy()
    assert np.abs(restorer(photo) / 255 - expected).max() <= 0.5001 / 255
    # Given as it is, and at a size that it does not take.
    image = torch.rand(3, 21, 30)
    assert Restorer(net)(image).shape == (3, 42, 60)
    torch.testing.assert_close(Restorer(net)(image), restorer(image))
    # A file from anywhere must not name it.
    with pytest.raises(CheckpointError, match=r'iter_1\.pth'):
        open_model(folder / 'iter_1.pth')


def test_a_work_directory_whose_config_does_not_fit(tmp_path):
    _, folder = trained('rrdbnet_x4', tmp_path / 'x')
    cfg = mixed_config('rrdbnet_x4')
    cfg.model.generator = {'type': 'NoSuchNet'}
    content = torch.load(folder / 'iter_1.pth')
    content['meta'] = {}
    torch.save(content, folder / 'iter_1.pth')
    cfg.dump(folder / 'config.py')
    with pytest.raises(CheckpointError, match='NoSuchNet'):
        open_model(folder)


@pytest.mark.parametrize('kind', ['ESRGAN', 'Compact', 'SwinIR'])
def test_files_that_spandrel_knows_restore(kind, tmp_path, photo, capsys):
    spandrel = pytest.importorskip('spandrel')
    path = spandrel_file(tmp_path / 'net.pth', kind)
    theirs = spandrel.ModelLoader().load_from_file(path)
    image = torch.rand(2, 3, 40, 48)
    ours = Restorer.from_pretrained(path, device='cpu')
    torch.testing.assert_close(
        ours(image, batch_size=2), theirs(image).clone(), atol=1e-5, rtol=0
    )
    assert ours.info.architecture == theirs.architecture.name
    assert (ours.task, ours.scale) == ('sr', theirs.scale)
    assert spandrel.__version__ if hasattr(spandrel, '__version__') else True
    out = tmp_path / 'out.png'
    command = ['sr', str(photo), '-o', str(out), '--model', str(path)]
    assert main(command) == 0
    assert 'spandrel 0.' in capsys.readouterr().err
    np.testing.assert_array_equal(np.asarray(Image.open(out)), ours(photo))


def test_damaged_files_of_spandrel(tmp_path):
    pytest.importorskip('spandrel')
    path = spandrel_file(tmp_path / 'net.pth')
    content = torch.load(path)
    state = content['params_ema']
    del state['model.1.sub.0.RDB1.conv2.0.weight']
    torch.save(content, path)
    with pytest.raises(CheckpointError, match='ESRGAN'):
        open_model(path)


def test_plain_and_averaged_weights(tmp_path):
    """Of a released file with both, the averaged ones are the product."""
    pytest.importorskip('spandrel')
    first = torch.load(spandrel_file(tmp_path / 'a.pth', seed=1))
    second = torch.load(spandrel_file(tmp_path / 'b.pth', seed=2))
    both = {'params': first['params_ema'], **second}
    torch.save(both, tmp_path / 'both.pth')
    found = open_model(tmp_path / 'both.pth')[0].state_dict()
    expected = open_model(tmp_path / 'b.pth')[0].state_dict()
    for key, value in expected.items():
        assert torch.equal(found[key], value)


@pytest.mark.parametrize(
    'name', ['srgan_with_adacode_x4', 'realesrgan_with_adacode_x4']
)
def test_adacode_trained_by_mmagics_models_restores(name, tmp_path, photo):
    cfg = mixed_config(name)
    torch.manual_seed(0)
    plain = MODELS.build(cfg.model.generator.to_dict()).eval()
    average = MODELS.build(cfg.model.generator.to_dict()).eval()
    written(plain, cfg, tmp_path)
    content = torch.load(tmp_path / 'iter_1.pth')
    expected = plain
    if 'realesrgan' in name:
        content['state_dict'] |= {
            f'generator_ema.{k}': v for k, v in average.state_dict().items()
        }
        expected = average
    # As a compiled model in two wrappers writes it.
    content['state_dict'] = {
        f'module.module._orig_mod.{k}': v
        for k, v in content['state_dict'].items()
    }
    torch.save(content, tmp_path / 'iter_1.pth')
    for path in (tmp_path, tmp_path / 'iter_1.pth'):
        restorer = Restorer.from_pretrained(path, device='cpu')
        assert restorer.info.architecture == 'AdaCode'
        wanted = expected_of(expected, photo).numpy()
        assert np.abs(restorer(photo) / 255 - wanted).max() < 0.51 / 255


def test_what_a_file_says_of_itself_is_json(tmp_path):
    """A converted plain network opens alone, with what is known of it."""
    _, folder = trained('rrdbnet_x4', tmp_path / 'x')
    out = tmp_path / 'net.safetensors'
    assert main(['convert', str(folder), '-o', str(out)]) == 0
    from safetensors import safe_open

    with safe_open(out, 'pt') as file:
        said = json.loads(file.metadata()['adacode_mm'])
    assert said['scale'] == 4 and said['config']['network']['num_blocks'] == 2
    again = open_model(out)[0].state_dict()
    for key, value in open_model(folder)[0].state_dict().items():
        assert torch.equal(again[key], value)
