"""Our models by name in MMagic's own inferencer."""

import adacode_mm  # noqa: F401 isort: skip  (before MMagic)
import re
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import mmagic.apis.inferencers as inferencers
import mmagic.apis.mmagic_inferencer as host
import numpy as np
import pytest
import requests
import torch
import yaml
from mmagic.apis import MMagicInferencer
from mmengine.config import Config
from mmengine.runner import load_checkpoint
from released_state import filled, read_fixture
from tiny_stages import TINY, seeded_model, tiny_config

from adacode_mm.checkpoints.model_file import open_model, save_model
from adacode_mm.checkpoints.model_info import describe_network
from adacode_mm.checkpoints.pretrained import PRETRAINED
from adacode_mm.checkpoints.released import (
    build_from_released,
    convert_released,
)
from adacode_mm.core.exceptions import CheckpointError, DownloadError
from adacode_mm.hosts.mmagic import inferencer_arguments, our_models
from adacode_mm.models.adacode.infer_config import infer_config
from adacode_mm.models.layers.padding import padded_forward
from adacode_mm.registry import MODELS
from adacode_mm.restoring.restorer import Restorer

ROOT = Path(__file__).parents[2]
PHOTOS = ROOT / 'tests' / 'data' / 'photos'
PHOTO = PHOTOS / 'coffee_odd_131x97.png'
CPU = torch.device('cpu')
SR, INPAINT = 'Image Super-Resolution', 'Inpainting'


def metafiles():
    index = yaml.safe_load((ROOT / 'model-index.yml').read_text())
    return {p: yaml.safe_load((ROOT / p).read_text()) for p in index['Import']}


ENTRIES = [entry for meta in metafiles().values() for entry in meta['Models']]


def test_our_models_are_listed_with_mmagics():
    names = MMagicInferencer.get_inference_supported_models()
    assert {'adacode', 'femasr', 'vqgan', 'esrgan', 'aot_gan'} <= set(names)
    assert len(names) == len(set(names))
    MMagicInferencer.init_inference_supported_models_cfg()
    known = MMagicInferencer.inference_supported_models_cfg
    assert set(known) == set(names)
    assert known['adacode']['settings'][0]['Name'] == 'adacode_sr_x4'
    assert known['esrgan']['task'] == SR


def test_our_models_are_found_by_every_task_that_they_have():
    tasks = MMagicInferencer.get_inference_supported_tasks()
    assert len(tasks) == len(set(tasks))
    assert {SR, INPAINT, 'Image Restoration', 'Matting'} <= set(tasks)
    models = MMagicInferencer.get_task_supported_models
    assert {'esrgan', 'adacode', 'femasr'} <= set(models(SR))
    assert {'aot_gan', 'adacode'} <= set(models(INPAINT))
    assert 'femasr' not in models(INPAINT)
    assert 'adacode' not in models('Matting')
    assert {'nafnet', 'vqgan'} <= set(models('Image Restoration'))


@pytest.mark.parametrize('entry', ENTRIES, ids=lambda e: e['Name'])
def test_every_entry_of_the_metafiles_can_be_used(entry, monkeypatch):
    config = Config.fromfile(ROOT / entry['Config'])
    assert config.inference_pipeline[-1]['type'] == 'PackInputs'
    task = entry['Results'][0]['Task']
    chosen = []
    for name in ('ImageSuperResolutionInferencer', 'InpaintingInferencer'):
        monkeypatch.setattr(
            inferencers, name, lambda *_, name=name, **__: chosen.append(name)
        )
    inferencers.Inferencers(task)
    inpaints = config.inference_task == INPAINT
    assert inpaints == ('inpaint' in entry['Name'])
    assert chosen == [
        'InpaintingInferencer'
        if inpaints
        else 'ImageSuperResolutionInferencer'
    ]


def test_the_metafiles_are_complete():
    for path, meta in metafiles().items():
        (collection,) = meta['Collections']
        assert (ROOT / collection['README']).is_file()
        for entry in meta['Models']:
            assert entry['In Collection'] == collection['Name'], path
    names = [entry['Name'] for entry in ENTRIES]
    assert len(names) == len(set(names))
    weights = {e['Weights'] for e in ENTRIES if 'Weights' in e}
    assert weights == {
        file.url or f'adacode_mm/{file.packaged}'
        for file in PRETRAINED.values()
        if file.task != 'discriminator'
    }


def test_an_installation_has_them(tmp_path, monkeypatch):
    """What `pip install` copies, and where it is looked for then."""
    command = [sys.executable, 'setup.py', '-q', 'build_py']
    command += ['--build-lib', str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    installed = tmp_path / 'adacode_mm'
    monkeypatch.setattr(our_models, '_PACKAGE', installed)
    assert our_models.config_folder() == installed / '.mim' / 'configs'
    index = yaml.safe_load((installed / '.mim/model-index.yml').read_text())
    assert index['Import'] == list(metafiles())
    for path in [*index['Import'], *(e['Config'] for e in ENTRIES)]:
        assert (installed / '.mim' / path).is_file(), path
    for path in (ROOT / 'adacode_mm' / 'weights').iterdir():
        copied = installed / 'weights' / path.name
        assert copied.read_bytes() == path.read_bytes()
    copied = installed / '.mim' / ENTRIES[0]['Config']
    assert Config.fromfile(copied).model.type == 'adacode_mm.CodebookEditor'
    shutil.rmtree(installed / '.mim')
    with pytest.raises(FileNotFoundError, match='install the package again'):
        our_models.config_folder()


@pytest.fixture
def wanted(monkeypatch):
    """What the host's inferencer would be built with."""
    given = []
    monkeypatch.setattr(
        host, 'Inferencers', lambda **kwargs: given.append(kwargs)
    )

    def build(*args, **kwargs):
        MMagicInferencer(*args, **kwargs)
        return given.pop()

    return build


@pytest.mark.parametrize(
    ('arguments', 'name'),
    [
        ({}, 'adacode_tiny_sr_x4'),
        ({'model_setting': 0}, 'adacode_sr_x4'),
        ({'model_setting': 1}, 'adacode_sr_x2'),
        ({'model_setting': '2'}, 'adacode_inpaint'),
        ({'model_setting': 'adacode_sr_x2'}, 'adacode_sr_x2'),
        ({'config_name': 'adacode_inpaint'}, 'adacode_inpaint'),
        ({'config_name': 'stage3_sr_x2'}, 'adacode_sr_x2'),
        ({'config_name': 'adacode_stage2'}, 'adacode_stage2'),
        ({'model_setting': 5}, 'adacode_tiny_sr_x2'),
        ({'model_setting': 'adacode_tiny_inpaint'}, 'adacode_tiny_inpaint'),
    ],
    ids=str,
)
def test_a_setting_brings_its_config_weights_and_task(wanted, arguments, name):
    entry = next(entry for entry in ENTRIES if entry['Name'] == name)
    found = wanted('adacode', **arguments)
    weights = entry['Weights']
    here = 'tiny' in name
    config = found['config'].filename if here else found['config']
    assert Path(config).samefile(ROOT / entry['Config'])
    assert found['ckpt'] == (str(ROOT / weights) if here else weights)
    assert found['task'] == entry['Results'][0]['Task']


def test_mmagics_own_settings_are_as_they_were(wanted):
    found = wanted('esrgan', model_setting=1)
    assert found['task'] == SR
    assert found['config'].endswith('.py') and 'esrgan' in found['config']
    assert found['ckpt'].startswith('https://download.openmmlab.com')


def test_a_given_config_brings_its_own_task(wanted):
    config = str(TINY / 'stage3_inpaint.py')
    with pytest.warns(UserWarning, match='overridden by the given one'):
        found = wanted('adacode', model_config=config, model_ckpt='a.pth')
    assert (found['task'], found['ckpt']) == (INPAINT, 'a.pth')


def test_a_config_without_weights_warns(wanted):
    with pytest.warns(UserWarning, match='the weights are random'):
        found = wanted(model_config=str(TINY / 'stage3_sr_x4.py'))
    assert found['task'] == SR


@pytest.mark.parametrize(
    ('arguments', 'sentence'),
    [
        (
            {'model_name': 'adacode', 'model_setting': 7},
            r"must be one of 0 or 'adacode_sr_x4', .*, got 7: pass",
        ),
        (
            {'model_name': 'adacode', 'config_name': 'x8'},
            r"3 or 'adacode_stage2', .*, got 'x8': pass",
        ),
        (
            {'model_name': 'vqgan'},
            r'No weights of vqgan_1024x512 are published: pass',
        ),
    ],
    ids=['number', 'name', 'no_weights'],
)
def test_what_there_is_not_is_said(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        MMagicInferencer(**arguments)


def test_a_download_without_connection_is_one_sentence(monkeypatch):
    def unreachable(*args, **kwargs):
        raise requests.ConnectionError

    monkeypatch.setattr(requests, 'get', unreachable)
    monkeypatch.setattr(
        inferencers.ImageSuperResolutionInferencer,
        '_init_model',
        lambda self, cfg, ckpt, device: host_load(ckpt),
    )
    sentence = r'SR_X4_model_g\.pth'
    with pytest.raises(DownloadError, match=sentence):
        MMagicInferencer('adacode', model_setting=0, device=CPU)


def test_without_a_setting_the_file_of_the_package_is_used(
    tmp_path, monkeypatch
):
    config = Config.fromfile(ROOT / 'configs/small/stage3_sr_x4.py')
    torch.manual_seed(0)
    net = MODELS.build(config.model.generator)
    info = describe_network(net, config.model.generator.to_dict())
    package = tmp_path / 'adacode_mm'
    monkeypatch.setattr(our_models, '_PACKAGE', package)
    (tmp_path / 'configs').symlink_to(ROOT / 'configs')
    with pytest.raises(CheckpointError, match=r'tiny-x4\.safetensors'):
        MMagicInferencer('adacode', device=CPU)
    path = package / 'weights' / 'adacode-tiny-x4.safetensors'
    path.parent.mkdir(parents=True)
    save_model(net, info, path, torch.float16)
    small = tmp_path / 'small.png'
    cv2.imwrite(str(small), cv2.imread(str(PHOTO))[40:51, 60:75])
    inferencer = MMagicInferencer('adacode', device=CPU)
    _, found = inferencer.infer(img=str(small))
    expected = restored(open_model(path)[0], small)
    assert found.shape == (44, 60, 3)
    assert expected.std() > 5
    assert np.abs(found[..., ::-1] - expected).max() < 1


def host_load(path):
    """What MMagic loads weights with, without building a large model."""
    load_checkpoint(torch.nn.Linear(1, 1), path)


@pytest.fixture(scope='module')
def released(tmp_path_factory):
    """A small network in the layout of the released files."""
    path = tmp_path_factory.mktemp('released') / 'model_g.pth'
    state = filled(read_fixture('sr_x4')['layout'])
    torch.save({'params': state}, path)
    return path


def config_of(released):
    cfg = tiny_config('stage3_sr_x4')
    cfg.model.generator = infer_config(convert_released(released))
    cfg.model.hq_prior = None
    cfg.model.code_losses = {}
    return cfg


@torch.no_grad()
def restored(net, path):
    rgb = cv2.imread(str(path))[..., ::-1].copy()
    image = torch.from_numpy(rgb).permute(2, 0, 1)[None] / 255
    out = padded_forward(net, image).image[0]
    return (out.clamp(0, 1) * 255).permute(1, 2, 0).numpy()


@pytest.fixture(scope='module')
def editor(released):
    """An editor for the network of the released file."""
    return seeded_model(config_of(released))


@pytest.mark.parametrize('kind', ['released', 'safetensors', 'pth', 'bare'])
def test_published_files_load_as_they_are(kind, released, editor, tmp_path):
    """Where MMagic loads them: `load_checkpoint` into an editor."""
    net = build_from_released(released)
    path = released
    if kind == 'bare':
        path = tmp_path / 'bare.pth'
        torch.save(net.state_dict(), path)
    elif kind != 'released':
        path = tmp_path / f'converted.{kind}'
        save_model(*open_model(released), path)
    with torch.no_grad():
        for parameter in editor.generator.parameters():
            parameter.zero_()
    load_checkpoint(editor, str(path))
    found = editor.generator.state_dict()
    assert found.keys() == net.state_dict().keys()
    for key, value in net.state_dict().items():
        assert torch.equal(found[key], value), key


def test_a_released_file_restores_as_it_does_by_itself(released, tmp_path):
    with pytest.warns(UserWarning, match='overridden'):
        inferencer = MMagicInferencer(
            'adacode',
            model_config=config_of(released),
            model_ckpt=released,
            device=CPU,
        )
    small = tmp_path / 'small.png'
    cv2.imwrite(str(small), cv2.imread(str(PHOTO))[40:51, 60:75])
    _, found = inferencer.infer(img=str(small))
    expected = restored(build_from_released(released), small)
    assert found.shape == (44, 60, 3)
    assert expected.std() > 5
    assert np.abs(found[..., ::-1] - expected).max() < 1


def test_a_published_file_has_to_fit(released, editor, tmp_path):
    state = torch.load(released)['params']
    state['quantize_group.0.surplus'] = torch.zeros(2)
    path = str(tmp_path / 'surplus.pth')
    torch.save({'params': state}, path)
    sentence = r'1 unexpected \(generator\.quantizers\.0\.surplus\)'
    with pytest.raises(CheckpointError, match=sentence):
        load_checkpoint(editor, path)


def tiny_inferencer(name, folder):
    model = seeded_model(tiny_config(name))
    path = str(folder / f'{name}.pth')
    torch.save({'state_dict': model.state_dict()}, path)
    return MMagicInferencer(
        model_config=str(TINY / f'{name}.py'), model_ckpt=path, device=CPU
    )


@pytest.fixture(scope='module')
def tiny(tmp_path_factory):
    folder = tmp_path_factory.mktemp('tiny')
    return {
        task: tiny_inferencer(f'stage3_{task}', folder)
        for task in ('sr_x4', 'inpaint')
    }


def truncated(folder):
    path = folder / 'truncated.png'
    path.write_bytes(PHOTO.read_bytes()[:2000])
    return str(path)


def mask(folder, height=97, width=131):
    path = folder / f'mask_{height}x{width}.png'
    drawn = np.zeros((height, width), np.uint8)
    drawn[10:20, 10:20] = 255
    assert cv2.imwrite(str(path), drawn)
    return str(path)


@pytest.mark.parametrize(
    ('task', 'arguments', 'sentence'),
    [
        ('sr_x4', {}, 'img must be the path of one picture, got NoneType'),
        ('sr_x4', {'img': [str(PHOTO)]}, 'one picture, got list'),
        ('sr_x4', {'img': np.zeros((8, 8, 3))}, 'one picture, got ndarray'),
        ('sr_x4', {'img': '/nowhere.png'}, r'nowhere\.png'),
        ('sr_x4', {'img': truncated}, r'truncated\.png'),
        ('sr_x4', {'img': str(PHOTOS)}, 'photos'),
        ('sr_x4', {'img': str(PHOTO), 'mask': mask}, 'Only inpainting takes'),
        (
            'sr_x4',
            {'img': str(PHOTO), 'result_out_dir': str(PHOTOS)},
            'result_out_dir must be the path of a file',
        ),
        (
            'sr_x4',
            {'img': str(PHOTO), 'result_out_dir': f'{PHOTO}/below/a.png'},
            r'written, but \S+below. cannot \(Not a directory\): choose',
        ),
        ('inpaint', {'img': str(PHOTO)}, 'mask=PATH'),
        (
            'inpaint',
            {'img': str(PHOTO), 'mask': lambda folder: mask(folder, 97, 130)},
            '131x97.*130x97',
        ),
    ],
    ids=[
        'nothing', 'list', 'array', 'missing', 'truncated', 'folder',
        'mask_for_sr', 'result', 'result_folder', 'no_mask', 'mask_size',
    ],
)  # fmt: skip
def test_wrong_arguments_are_one_sentence(
    tiny, task, arguments, sentence, tmp_path
):
    arguments = {
        key: value(tmp_path) if callable(value) else value
        for key, value in arguments.items()
    }
    with pytest.raises(ValueError, match=sentence) as error:
        tiny[task].infer(**arguments)
    assert re.search(r'\.$', str(error.value))


def test_a_folder_without_permission_is_said(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(
        inferencer_arguments.os,
        'access',
        lambda path, _: str(path) != f'{tmp_path}',
    )
    with pytest.raises(ValueError, match=r'\(Permission denied\): choose'):
        tiny['sr_x4'].infer(img=PHOTO, result_out_dir=tmp_path / 'a.png')


def test_arguments_may_be_paths_and_come_in_order(tiny, tmp_path):
    drawn = Path(mask(tmp_path))
    _, named = tiny['inpaint'].infer(img=PHOTO, mask=drawn)
    _, in_order = tiny['inpaint'].infer(PHOTO, None, None, None, str(drawn))
    assert named.shape == (97, 131, 3)
    assert np.array_equal(named, in_order)


def test_what_lies_in_the_hole_does_not_matter(tiny, tmp_path):
    """MMagic paints it grey, our editor white: nothing of it is left."""
    other = cv2.imread(str(PHOTO))
    other[10:20, 10:20] = (255, 0, 130)
    changed = tmp_path / 'changed.png'
    cv2.imwrite(str(changed), other)
    drawn = mask(tmp_path)
    _, first = tiny['inpaint'].infer(img=PHOTO, mask=drawn)
    _, second = tiny['inpaint'].infer(img=changed, mask=drawn)
    assert np.array_equal(first, second)
    empty = tmp_path / 'empty.png'
    cv2.imwrite(str(empty), np.zeros((97, 131), np.uint8))
    _, third = tiny['inpaint'].infer(img=PHOTO, mask=str(empty))
    assert not np.array_equal(first, third)


def cases(name):
    return ROOT / 'tests' / 'data' / 'cases' / name


@pytest.mark.parametrize('deep', [False, True], ids=['8 bits', '16 bits'])
def test_known_pixels_stay_as_they_are(tiny, deep, tmp_path):
    drawn = cv2.imread(str(cases('inpaint_mask.png')), -1)
    holes = drawn > 127
    path = tmp_path / 'mask.png'
    cv2.imwrite(str(path), drawn.astype(np.uint16) * 257 if deep else drawn)
    result = tmp_path / 'result.png'
    given = cv2.imread(str(cases('inpaint_image.png')))
    _, found = tiny['inpaint'].infer(
        img=cases('inpaint_image.png'), mask=path, result_out_dir=str(result)
    )
    for each in (found, cv2.imread(str(result))):
        np.testing.assert_array_equal(each[~holes], given[~holes])
        assert (each[holes] != given[holes]).mean() > 0.5
    editor = tiny['inpaint'].inferencer.inferencer.model
    info = describe_network(editor.generator, {})
    expected = Restorer(editor.generator, info, device='cpu')(
        given[..., ::-1], holes
    )
    difference = found[..., ::-1].astype(int) - expected
    assert np.abs(difference).max() <= 1


def test_gray_photographs_stay_gray(tiny):
    for name in ('camera_gray_128.png', '../cases/la16.png'):
        _, found = tiny['sr_x4'].infer(img=PHOTOS / name)
        assert (found == found[..., :1]).all()
        assert found.std() > 1
