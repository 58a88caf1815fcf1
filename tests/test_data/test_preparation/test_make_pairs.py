import os
import shutil
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

import adacode_mm  # noqa: F401
from adacode_mm.core.exceptions import ConfigError, InputError
from adacode_mm.data.preparation import make_pairs as module
from adacode_mm.data.preparation.crop_patches import crop_folders
from adacode_mm.data.preparation.degraded_patch import (
    PairSettings,
    degrade_patch,
)
from adacode_mm.data.preparation.image_patches import CropSettings
from adacode_mm.data.preparation.make_pairs import make_pairs
from adacode_mm.data.preparation.manifest import read_manifest
from adacode_mm.data.preparation.patch_stores import PatchLmdb
from adacode_mm.data.preparation.seeds import generator_of
from adacode_mm.data.transforms.bicubic_downsample import BicubicDownsample
from adacode_mm.data.transforms.degradations.bsrgan import degrade_bsrgan

PHOTOS = Path(__file__).parents[2] / 'data' / 'photos'


def read(path):
    return cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)


@pytest.fixture(scope='module')
def patches(tmp_path_factory):
    """Patches of 64 px of all photographs."""
    out = tmp_path_factory.mktemp('gt') / 'patches'
    crop_folders([PHOTOS], out, CropSettings(size=64, stride=64), 1)
    return out


@pytest.fixture
def gt(patches, tmp_path):
    shutil.copytree(patches, tmp_path / 'patches')
    return tmp_path / 'patches'


def contents(folder):
    return {
        path.name: path.read_bytes()
        for path in Path(folder).iterdir()
        if not path.name.startswith('.') and path.name != 'report.txt'
    }


@pytest.mark.parametrize('degradation', ['bsrgan', 'bsrgan_plus', 'bicubic'])
@pytest.mark.parametrize('scale', [2, 4])
def test_every_patch_gets_a_partner_of_its_size(gt, degradation, scale):
    settings = PairSettings(scale, degradation)
    assert make_pairs(gt, settings, workers=2) == 0
    out = gt.with_name(f'patches_LR_X{scale}')
    names = sorted(path.name for path in gt.glob('*.png'))
    assert sorted(path.name for path in out.glob('*.png')) == names
    entries = read_manifest(out / 'manifest.jsonl')
    assert [entry['patch'] for entry in entries] == names
    crops = {e['patch']: e for e in read_manifest(gt / 'manifest.jsonl')}
    errors = []
    for entry in entries:
        lq = read(out / entry['patch'])
        assert lq.shape == (64 // scale, 64 // scale, 3)
        assert entry['size'] == [64 // scale] * 2
        assert entry['gt_sha256'] == crops[entry['patch']]['sha256']
        image = read(gt / entry['patch'])
        plain = BicubicDownsample(scale).transform({'gt': image})['img']
        errors.append(np.abs(lq.astype(int) - plain).mean())
    if degradation == 'bicubic':
        assert max(errors) == 0
    else:  # the same pictures, and degraded
        assert 1 < np.median(errors) < 25
        assert min(errors) > 0


def test_a_partner_depends_on_name_and_seed_alone():
    image = read(PHOTOS / 'rocket_128.png')
    settings = PairSettings(scale=4, seed=7)
    lq = degrade_patch(image, 'a.png', settings)
    expected = degrade_bsrgan(
        image.astype(np.float32) / 255, 4, generator_of('a.png', 7)
    )
    np.testing.assert_array_equal(lq, np.round(expected * 255))
    np.testing.assert_array_equal(lq, degrade_patch(image, 'a.png', settings))
    for name, seed in (('b.png', 7), ('a.png', 8)):
        other = degrade_patch(image, name, PairSettings(scale=4, seed=seed))
        assert (other != lq).any()


def test_names_give_independent_numbers():
    draws = [generator_of(f'{n:04}.png').random(2) for n in range(400)]
    first, second = np.array(draws).T
    for column in (first, second):
        assert abs(column.mean() - 0.5) < 4 / np.sqrt(12 * 400)
    assert abs(np.corrcoef(first, second)[0, 1]) < 4 / np.sqrt(400)
    assert len(set(first)) == 400


def test_workers_and_order_change_nothing(gt, tmp_path):
    for workers in (1, 3):
        make_pairs(gt, PairSettings(), tmp_path / str(workers), workers)
    assert contents(tmp_path / '1') == contents(tmp_path / '3')


def test_other_settings_are_not_mixed_in(gt):
    assert make_pairs(gt, PairSettings(seed=1), workers=1) == 0
    with pytest.raises(InputError, match=r'made with seed 1 \(now 2\)'):
        make_pairs(gt, PairSettings(seed=2))
    with pytest.raises(InputError, match=r'degradation bsrgan \(now bic'):
        make_pairs(gt, PairSettings(4, 'bicubic', 1))
    with pytest.raises(InputError, match=r'scale 4 \(now 2\)'):
        make_pairs(gt, PairSettings(2, seed=1), f'{gt}_LR_X4')


def test_files_of_others_are_not_overwritten(gt):
    out = gt.with_name('patches_LR_X4')
    out.mkdir()
    (out / 'rocket_128_s001.png').write_bytes(b'official')
    with pytest.raises(InputError, match='nothing tells where it comes from'):
        make_pairs(gt, PairSettings())
    assert (out / 'rocket_128_s001.png').read_bytes() == b'official'
    with pytest.raises(InputError, match='another folder than that of the GT'):
        make_pairs(gt, PairSettings(), gt)


def test_a_second_call_does_what_is_missing_or_has_changed(gt, capsys):
    settings = PairSettings()
    make_pairs(gt, settings, workers=1)
    out = gt.with_name('patches_LR_X4')
    first = contents(out)
    (out / 'rocket_128_s001.png').unlink()
    shutil.copy(gt / 'hubble_128_s001.png', gt / 'rocket_128_s002.png')
    os.utime(gt / 'rocket_128_s003.png', ns=(1, 1))
    before = (out / 'rocket_128_s003.png').stat().st_mtime_ns
    capsys.readouterr()
    assert make_pairs(gt, settings, workers=1) == 0
    assert f'3 done, {len(first) - 1 - 3} done before' in (
        capsys.readouterr().out
    )
    second = contents(out)
    changed = {name for name in first if first[name] != second[name]}
    assert changed == {'rocket_128_s002.png', 'manifest.jsonl'}
    assert (out / 'rocket_128_s003.png').stat().st_mtime_ns == before


def test_partners_without_gt_are_named(gt, capsys):
    make_pairs(gt, PairSettings(), workers=1)
    out = gt.with_name('patches_LR_X4')
    count = len(contents(out)) - 1
    (gt / 'rocket_128_s001.png').unlink()
    capsys.readouterr()
    assert make_pairs(gt, PairSettings(), workers=1) == 1
    assert 'rocket_128_s001.png: It has no GT any more' in (
        capsys.readouterr().out
    )
    (out / 'rocket_128_s001.png').unlink()
    assert make_pairs(gt, PairSettings(), workers=1) == 0
    assert len(read_manifest(out / 'manifest.jsonl')) == count - 1


def test_what_cannot_be_degraded_is_named(tmp_path, capsys):
    gt = tmp_path / 'own'
    (gt / 'below').mkdir(parents=True)
    for name in ('coffee_odd_131x97.png', 'rocket_128.png'):
        shutil.copy(PHOTOS / name, gt / 'below' / name)
    (gt / 'text.png').write_text('no picture')
    for name in ('same.png', 'same.jpg'):
        cv2.imwrite(str(gt / name), cv2.imread(str(PHOTOS / 'rocket_128.png')))
    assert make_pairs(gt, PairSettings(), workers=1) == 1
    shown = capsys.readouterr().out
    assert 'below/coffee_odd_131x97.png: The image is 131x97, which' in shown
    assert 'text.png: The file is not an image' in shown
    assert 'same.png: It would have the name of same.jpg' in shown
    out = tmp_path / 'own_LR_X4'
    assert sorted(
        p.relative_to(out).as_posix() for p in out.rglob('*.png')
    ) == [
        'below/rocket_128.png',
        'same.png',
    ]
    assert make_pairs(gt, PairSettings(), workers=1) == 1
    assert '0 done, 2 done before' in capsys.readouterr().out


def test_missing_and_empty_folders(tmp_path):
    with pytest.raises(InputError, match='found nothing there'):
        make_pairs(tmp_path / 'gone', PairSettings())
    (tmp_path / 'empty').mkdir()
    with pytest.raises(InputError, match='found none'):
        make_pairs(tmp_path / 'empty', PairSettings())
    with pytest.raises(InputError, match='got the file'):
        make_pairs(PHOTOS / 'rocket_128.png', PairSettings())


def test_partners_lie_beside_a_link_to_the_patches(gt, tmp_path):
    link = tmp_path / 'data' / 'patches'
    link.parent.mkdir()
    link.symlink_to(gt)
    assert make_pairs(link, PairSettings(degradation='bicubic')) == 0
    partners = contents(tmp_path / 'data' / 'patches_LR_X4')
    assert partners.keys() == contents(gt).keys()
    assert not (tmp_path / 'patches_LR_X4').exists()


@pytest.mark.parametrize(
    'wrong', [{'scale': 0}, {'seed': -1}, {'degradation': 'blur'}]
)
def test_settings_out_of_range(wrong):
    with pytest.raises(ConfigError):
        PairSettings(**wrong)


def test_an_lmdb_gives_an_lmdb_of_the_same_partners(
    gt, tmp_path, capsys, monkeypatch
):
    settings = CropSettings(size=64, stride=64, backend='lmdb')
    crop_folders([PHOTOS], tmp_path / 'base', settings, 1)
    make_pairs(gt, PairSettings(), workers=2)
    assert make_pairs(tmp_path / 'base', PairSettings(), workers=2) == 0
    lmdb = PatchLmdb(tmp_path / 'base_LR_X4')
    files = contents(gt.with_name('patches_LR_X4'))
    del files['manifest.jsonl']
    assert {name: lmdb.read(name) for name in files} == files
    assert sorted(lmdb.sizes()) == sorted(files)
    lmdb.close()
    # Another patch changes the file of the database: nothing is done anew.
    extra = tmp_path / 'extra'
    extra.mkdir()
    shutil.copy(PHOTOS / 'rocket_128.png', extra / 'new.png')
    crop_folders([extra], tmp_path / 'base', settings, 1)
    capsys.readouterr()

    def degrade_new(image, name, settings):
        assert name.startswith('new_'), name
        return degrade_patch(image, name, settings)

    monkeypatch.setattr(module, 'degrade_patch', degrade_new)
    assert make_pairs(tmp_path / 'base', PairSettings(), workers=2) == 0
    assert len(lmdb.sizes()) == len(files) + 4


def test_the_command_line(gt, monkeypatch, tmp_path):
    tools = Path(__file__).parents[3] / 'tools' / 'dataset_converters'
    monkeypatch.syspath_prepend(str(tools))
    sys.modules.pop('make_pairs', None)
    import make_pairs as tool

    out = tmp_path / 'out'
    line = ['make_pairs.py', str(gt), '--out', str(out), '--scale', '2']
    line += ['--degradation', 'bicubic', '--seed', '3', '--workers', '1']
    monkeypatch.setattr(sys, 'argv', line)
    assert tool.main() == 0
    module.make_pairs(gt, PairSettings(2, 'bicubic', 3), tmp_path / 'expected')
    assert contents(out) == contents(tmp_path / 'expected')
    del sys.modules['make_pairs']
