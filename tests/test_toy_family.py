"""A family of another package: three files, and the house has it all."""

import adacode_mm  # noqa: F401 isort: skip  (before MMagic)

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from shrunk_configs import PHOTOS
from tiny_stages import QUICK

from adacode_mm.checkpoints.model_file import open_model
from adacode_mm.cli.main import main
from adacode_mm.models.family import families, family_of
from adacode_mm.models.traits import layout_of
from adacode_mm.restoring.restorer import Restorer
from adacode_mm.training.run_config import train_config

PHOTO = PHOTOS / 'coffee_odd_131x97.png'
TOY = Path(__file__).parent / 'toy_family'


@pytest.fixture(scope='module')
def work_dir(tmp_path_factory):
    """Of a training of one step."""
    folder = tmp_path_factory.mktemp('work') / 'toy'
    train_config(TOY / 'config.py', str(folder), cfg_options=QUICK)
    return folder


def test_the_toy_is_three_files():
    assert len([p for p in TOY.glob('*.py') if p.name != '__init__.py']) == 3


def test_it_is_trained_and_restores(work_dir, tmp_path, capsys):
    net, info = open_model(work_dir)
    assert family_of(net).name == 'toy'
    assert (info.architecture, info.task, info.scale) == ('Toy', 'sr', 4)
    image = torch.rand(1, 3, 24, 36)
    restorer = Restorer.from_pretrained(work_dir, device='cpu')
    with torch.no_grad():
        expected = net(image).image.clamp(0, 1)
    torch.testing.assert_close(restorer(image), expected)
    out = tmp_path / 'out.png'
    command = ['sr', str(PHOTO), '-o', str(out), '--model', str(work_dir)]
    assert main(command) == 0, capsys.readouterr().err
    np.testing.assert_array_equal(np.asarray(Image.open(out)), restorer(PHOTO))


def test_it_is_recognised_alone(work_dir):
    layout = layout_of(open_model(work_dir)[0].state_dict())
    found = [each.name for each in families() if each.recognises(layout)]
    assert found == ['toy']


def test_it_is_tiled(work_dir, monkeypatch):
    monkeypatch.setattr('adacode_mm.restoring.feathered_tiles.LARGEST', 64)
    whole = Restorer.from_pretrained(work_dir)(PHOTO)
    tiled = Restorer.from_pretrained(work_dir, tile='feathered')(PHOTO)
    # Two convolutions see two pixels: tiles fade where they agree.
    assert np.abs(whole.astype(int) - tiled).max() <= 1


def test_it_is_converted(work_dir, tmp_path):
    out = tmp_path / 'toy.safetensors'
    assert main(['convert', str(work_dir), '-o', str(out)]) == 0
    expected = Restorer.from_pretrained(work_dir)(PHOTO)
    found = Restorer.from_pretrained(out)(PHOTO)
    np.testing.assert_array_equal(found, expected)


def test_it_is_exported(work_dir, tmp_path):
    onnxruntime = pytest.importorskip('onnxruntime')
    path = tmp_path / 'toy.onnx'
    assert main(['export', str(work_dir), '-o', str(path)]) == 0
    session = onnxruntime.InferenceSession(
        path.read_bytes(), providers=['CPUExecutionProvider']
    )
    image = np.random.default_rng(0).random((2, 3, 21, 34), np.float32)
    (found,) = session.run(['image'], {'input': image})
    expected = Restorer.from_pretrained(work_dir)(torch.from_numpy(image))
    np.testing.assert_allclose(found.clip(0, 1), expected, atol=1e-5)


def test_the_page_restores_with_it(work_dir):
    pytest.importorskip('gradio', reason='needs the extra "web"')
    from adacode_mm.web.handlers import Handlers, Job
    from adacode_mm.web.model_shelf import ModelShelf
    from adacode_mm.web.upload import look_at

    shelf = ModelShelf(Restorer.from_pretrained)
    shelf.add_named([str(work_dir)])
    upload, _ = look_at(PHOTO, 10**6)
    job = Job(upload, 'sr', str(work_dir), 'paint', None, None)
    handlers = Handlers(shelf, 10**6)
    handlers.receive(str(PHOTO), SimpleNamespace(session_hash='page'))
    (restored, _), (_, seen) = handlers.run(job, 'page', _no_progress)
    assert restored.summary and seen is None


def _no_progress(done, desc):
    pass
