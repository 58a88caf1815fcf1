"""Weights by name."""

import hashlib

import pytest
import torch
from local_server import local_server
from released_state import filled, small_layout_of

from adacode_mm.checkpoints import pretrained as module
from adacode_mm.checkpoints.model_file import open_model
from adacode_mm.checkpoints.pretrained import PRETRAINED, find_model_file
from adacode_mm.core.exceptions import CheckpointError, DownloadError
from adacode_mm.core.fetching import cached_path


@pytest.fixture(scope='module')
def weights(tmp_path_factory):
    """Bytes of a small file in the released layout."""
    path = tmp_path_factory.mktemp('released') / 'g.pth'
    torch.save({'params': filled(small_layout_of('stage2'))}, path)
    return path.read_bytes()


@pytest.fixture
def published(weights, monkeypatch, tmp_path):
    """A server with a file that has a name, and an empty cache."""
    monkeypatch.setenv('NO_PROXY', '127.0.0.1')
    monkeypatch.setenv('ADACODE_CACHE', str(tmp_path / 'cache'))
    with local_server(weights) as server:
        url = server.url('AdaCode_S2_model_g.pth')
        entry = PRETRAINED['adacode-stage2']._replace(url=url)
        monkeypatch.setitem(PRETRAINED, 'adacode-stage2', entry)
        yield server


def test_the_released_files_are_known():
    place = (
        'https://github.com/kechunl/AdaCode/releases/download/'
        'v0-pretrain_models/AdaCode_'
    )
    found = {name: file[:3] for name, file in PRETRAINED.items() if file.url}
    assert found == {
        'adacode-x2': ('sr', 2, f'{place}SR_X2_model_g.pth'),
        'adacode-x4': ('sr', 4, f'{place}SR_X4_model_g.pth'),
        'adacode-inpaint': ('inpaint', 1, f'{place}Inpaint_model_g.pth'),
        'adacode-stage2': ('reconstruct', 1, f'{place}S2_model_g.pth'),
        'adacode-stage2-discriminator': (
            'discriminator',
            1,
            f'{place}S2_model_d.pth',
        ),
    }


def test_a_name_is_fetched_into_the_cache_once(published, weights):
    path = find_model_file('adacode-stage2', progress=False)
    assert path == cached_path(published.url('AdaCode_S2_model_g.pth'))
    assert path.read_bytes() == weights
    assert find_model_file('adacode-stage2') == path
    assert published.sent == [(0, len(weights))]
    _, info = open_model(path)
    assert info[:3] == ('AdaCode', 'reconstruct', 1)


def test_a_file_placed_by_hand_needs_no_connection(published):
    published.status = 404
    with pytest.raises(DownloadError) as caught:
        find_model_file('adacode-stage2', progress=False)
    place = cached_path(published.url('AdaCode_S2_model_g.pth'))
    assert '404' in str(caught.value) and str(place) in str(caught.value)
    place.write_bytes(b'anything')
    assert find_model_file('adacode-stage2') == place


def test_what_is_no_file_of_weights_is_not_kept(published):
    """A page of a hotel's network, say."""
    published.content = b'<html>Please log in</html>'
    with pytest.raises(DownloadError):
        find_model_file('adacode-stage2', progress=False)
    assert not (cached_path(published.url('AdaCode_S2_model_g.pth'))).exists()


def test_existing_paths_are_themselves(tmp_path, monkeypatch):
    path = tmp_path / 'mine.pth'
    path.write_bytes(b'')
    assert find_model_file(path) == path
    assert find_model_file(str(path)) == path
    (tmp_path / 'work_dir').mkdir()
    (tmp_path / 'work_dir' / 'best_val_PSNR_iter_2.pth').write_bytes(b'')
    found = find_model_file(tmp_path / 'work_dir')
    assert found == tmp_path / 'work_dir' / 'best_val_PSNR_iter_2.pth'


def test_the_package_has_a_network_for_each_task():
    found = {
        name: (file.task, file.scale, file.url, file.packaged)
        for name, file in PRETRAINED.items()
        if file.packaged
    }
    assert found == {
        f'adacode-tiny-{what}': (
            *kind,
            None,
            f'weights/adacode-tiny-{what}.safetensors',
        )
        for what, kind in {
            'x4': ('sr', 4),
            'x2': ('sr', 2),
            'inpaint': ('inpaint', 1),
        }.items()
    }
    assert list(PRETRAINED)[:3] == list(found), 'what is here comes first'


def test_a_file_of_the_package_is_found(monkeypatch, tmp_path):
    place = tmp_path / 'weights' / 'tiny.safetensors'
    monkeypatch.setattr(module, '_PACKAGE', tmp_path)
    entry = module.PretrainedFile('sr', 4, packaged='weights/tiny.safetensors')
    monkeypatch.setitem(PRETRAINED, 'tiny', entry)
    sentence = r'weights of tiny, .* at \S+tiny.safetensors, but there is no '
    with pytest.raises(CheckpointError, match=sentence):
        find_model_file('tiny')
    place.parent.mkdir()
    place.write_bytes(b'weights')
    assert find_model_file('tiny') == place
    digest = hashlib.sha256(b'weights').hexdigest()
    monkeypatch.setitem(PRETRAINED, 'tiny', entry._replace(sha256=digest))
    assert find_model_file('tiny') == place
    place.write_bytes(b'Weights')
    with pytest.raises(CheckpointError, match=r'another SHA-256: install the'):
        find_model_file('tiny')


def test_hashes_are_read_from_the_package(monkeypatch, tmp_path):
    monkeypatch.setattr(module, '_PACKAGE', tmp_path)
    assert module._packaged('a', 'sr', 4, 'It is small.').sha256 is None
    (tmp_path / 'weights').mkdir()
    sums = 'aa11  b.safetensors\nbb22  a.safetensors\n'
    (tmp_path / module.HASHES).write_text(sums)
    found = module._packaged('a', 'sr', 4, 'It is small.')
    assert found.sha256 == 'bb22'
    assert (found.task, found.scale) == ('sr', 4)
    assert (found.url, found.packaged) == (None, 'weights/a.safetensors')


def test_neither_name_nor_file_is_told_with_the_names(tmp_path):
    with pytest.raises(
        CheckpointError, match='adacode-tiny-inpaint, adacode-x2, ada'
    ):
        find_model_file('adacode-x3')
    with pytest.raises(CheckpointError, match='which is neither'):
        find_model_file(tmp_path / 'nothing.pth')
