"""Trained networks become files of the package, or nothing is written."""

import hashlib

import cv2
import numpy as np
import pytest
import torch
from tiny_networks import tiny_network

from adacode_mm.checkpoints.model_file import open_model, save_model
from adacode_mm.core.exceptions import InputError


@pytest.fixture
def tool(monkeypatch):
    from benchmarks.small_scale import package_weights

    # Codes of networks that nobody has trained are close to each other.
    monkeypatch.setattr(package_weights, 'LEAST_PSNR', 30)
    small = package_weights.PHOTO.with_name('chelsea_eyes_128.png')
    monkeypatch.setattr(package_weights, 'PHOTO', small)
    return package_weights


@pytest.fixture(scope='module')
def trained(tmp_path_factory):
    """Files of three tiny networks, one for each task."""
    folder = tmp_path_factory.mktemp('trained')
    files = {scale: folder / f'{scale}.pth' for scale in (1, 2, 4)}
    for scale, path in files.items():
        save_model(*tiny_network(scale), path)
    return files


def sums(folder, names):
    """What `sha256sum` writes."""
    return ''.join(
        f'{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n'
        for name in names
    )


def test_three_networks_in_half_precision(tool, trained, tmp_path, capsys):
    out = tmp_path / 'weights'
    tool.main([*map(str, trained.values()), '--out', str(out)])
    names = [f'adacode-tiny-{x}.safetensors' for x in ('inpaint', 'x2', 'x4')]
    assert sorted(x.name for x in out.iterdir()) == ['SHA256SUMS', *names]
    for name, scale in zip(names, (1, 2, 4), strict=True):
        net, info = open_model(trained[scale])
        small, found = open_model(out / name)
        assert found == info._replace(codebooks=('group 0', 'group 1'))
        for key, value in net.state_dict().items():
            assert torch.equal(small.state_dict()[key], value.half().float())
    assert (out / 'SHA256SUMS').read_text() == sums(out, names)
    said = capsys.readouterr().out
    assert said.count('dB between') == 3
    # One of them again: the others stay, and their hashes.
    before = [(out / name).read_bytes() for name in names]
    tool.main([str(trained[2]), '--out', str(out)])
    assert [(out / name).read_bytes() for name in names][::2] == before[::2]
    assert (out / 'SHA256SUMS').read_text() == sums(out, names)


def test_what_does_not_belong_is_refused(tool, trained, tmp_path):
    out = tmp_path / 'weights'
    reconstructs = tmp_path / 'stage2.pth'
    save_model(*tiny_network(1, swin=False), reconstructs)
    for paths, sentence in (
        ([reconstructs], r'stage2.pth is AdaCode, reconstruct, x1'),
        ([trained[4], trained[4]], r'4\.pth is AdaCode, sr, x4'),
        ([tmp_path / 'gone'], 'gone'),
    ):
        with pytest.raises(InputError, match=sentence):
            tool.main([*map(str, paths), '--out', str(out)])
    assert not out.exists()


def test_what_half_precision_changes_is_refused(
    tool, trained, tmp_path, monkeypatch
):
    out = tmp_path / 'weights'
    monkeypatch.setattr(tool, 'LEAST_PSNR', 200)
    with pytest.raises(InputError, match='200 dB'):
        tool.main([str(trained[4]), '--out', str(out)])
    assert list(out.iterdir()) == []


@pytest.mark.parametrize('scale', [1, 4])
def test_photographs_are_compared(tool, scale, tmp_path):
    net, info = tiny_network(scale)
    changed, _ = tiny_network(scale)
    changed.decoder.out_conv.bias.data += 0.01  # in all of the picture
    path = tmp_path / 'changed.safetensors'
    save_model(changed, info, path)
    found = tool.compare(net, path, info)
    assert found[0] == pytest.approx(40, abs=0.2)
    assert found[1] != found[2]
    # To the original: as an image of its own would be measured.
    photo = cv2.imread(str(tool.PHOTO))[..., ::-1] / 255
    mean = float(photo.mean())
    for each in (net, changed):
        each.decoder.out_conv.weight.data.zero_()
        each.decoder.out_conv.bias = torch.nn.Parameter(torch.full((3,), mean))
    save_model(changed, info, path)
    found = tool.compare(net, path, info)
    assert found[0] == 200
    expected = -10 * np.log10(photo.var())
    assert found[1] == pytest.approx(expected, abs=1e-3)
    assert found[2] == found[1]


def test_the_sum_of_all_files_is_limited(tool, trained, tmp_path, monkeypatch):
    out = tmp_path / 'weights'
    out.mkdir()
    (out / 'adacode-tiny-x2.safetensors').write_bytes(b'0' * 1000)
    tool.main([str(trained[4]), '--out', str(out)])
    size = (out / 'adacode-tiny-x4.safetensors').stat().st_size
    before = sorted(x.read_bytes() for x in out.iterdir())
    monkeypatch.setattr(tool, 'LARGEST_SUM', size + 999)
    with pytest.raises(InputError, match=r'\d+,\d+'):
        tool.main([str(trained[4]), '--out', str(out)])
    assert sorted(x.read_bytes() for x in out.iterdir()) == before
    monkeypatch.setattr(tool, 'LARGEST_SUM', size + 1000)
    tool.main([str(trained[4]), '--out', str(out)])
