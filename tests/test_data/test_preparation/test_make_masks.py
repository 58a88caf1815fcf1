"""Masks as files: the same for any number of workers and any order."""

import json
import multiprocessing
import os
import runpy
import shutil
import signal
import time
from pathlib import Path

import adacode_mm  # noqa: F401  # isort: skip  (before MMagic)
import numpy as np
import pytest
from mmagic.datasets.transforms import GetMaskedImage, LoadImageFromFile
from PIL import Image

from adacode_mm.core.exceptions import ConfigError, InputError, OutputError
from adacode_mm.data.preparation import make_masks as module
from adacode_mm.data.preparation.make_masks import MaskSettings, make_masks
from adacode_mm.data.restoration_dataset import RestorationDataset
from adacode_mm.data.transforms.load_mask_file import LoadMaskFile

ROOT = Path(__file__).resolve().parents[3]
PHOTOS = ROOT / 'tests/data/photos'
TOOL = ROOT / 'tools/dataset_converters/make_masks.py'


@pytest.fixture
def source(tmp_path):
    """Photographs, one of them in a subfolder, under a name with a space."""
    folder = tmp_path / 'patches'
    shutil.copytree(PHOTOS, folder)
    (folder / 'more of them').mkdir()
    shutil.copy(
        PHOTOS / 'rocket_128.png', folder / 'more of them' / 'a rocket.png'
    )
    return folder


def contents(folder):
    """Name -> bytes of all files but the hidden ones and the report."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob('*'))
        if path.is_file()
        and path.parent.name != '.adacode'
        and not path.name.startswith('.')
        and path.name != 'report.txt'
    }


def manifest(folder):
    lines = (folder / 'manifest.jsonl').read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_every_image_has_a_mask_and_a_painted_copy(source, tmp_path):
    out, painted = tmp_path / 'masks', tmp_path / 'painted'
    assert make_masks(source, out, painted, workers=2) == 0
    entries = manifest(out)
    names = [path.relative_to(source) for path in source.rglob('*.png')]
    assert sorted(e['mask'] for e in entries) == sorted(map(str, names))
    for entry in entries:
        mask = np.asarray(Image.open(out / entry['mask']))
        image = Image.open(source / entry['mask']).convert('RGB')
        assert mask.shape == image.size[::-1]
        assert set(np.unique(mask)) == {0, 255}
        assert (mask == 255).mean() == pytest.approx(
            entry['coverage'], abs=1e-6
        )
        expected = np.where(mask[..., None] == 255, 255, np.asarray(image))
        found = np.asarray(Image.open(painted / entry['mask']))
        np.testing.assert_array_equal(found, expected)
    masks = {(out / entry['mask']).read_bytes() for entry in entries}
    assert len(masks) == len(entries)  # each its own
    assert 0.15 < np.mean([entry['coverage'] for entry in entries]) < 0.75


def test_training_reads_what_was_written(source, tmp_path):
    make_masks(source, tmp_path / 'masks', tmp_path / 'painted', workers=1)
    dataset = RestorationDataset(
        data_root=str(tmp_path),
        data_prefix={'gt': 'patches', 'img': 'painted', 'mask': 'masks'},
        serialize_data=False,
    )
    assert len(dataset) == 13
    for index in (0, 12):
        results = dataset.get_data_info(index)
        for key in ('gt', 'img'):
            load = LoadImageFromFile(key, channel_order='rgb')
            results = load.transform(results)
        painted = results['img']
        results = LoadMaskFile().transform(results)
        online = GetMaskedImage(zero_value=255.0).transform(results)['img']
        np.testing.assert_array_equal(painted, online)


def test_masks_depend_on_name_and_seed_alone(source, tmp_path):
    make_masks(source, tmp_path / 'one', workers=1)
    make_masks(source, tmp_path / 'two', workers=3)
    first = contents(tmp_path / 'one')
    assert contents(tmp_path / 'two') == first
    for name in ('astronaut_256.png', 'hubble_128.png'):
        (source / name).unlink()
    make_masks(source, tmp_path / 'three', workers=1)
    fewer = contents(tmp_path / 'three')
    del fewer['manifest.jsonl']
    assert fewer.items() < first.items()
    make_masks(source, tmp_path / 'four', None, MaskSettings(seed=1))
    other = contents(tmp_path / 'four')
    same = [name for name in other if other[name] == first[name]]
    assert not same


def test_a_second_call_does_only_what_is_missing(
    source, tmp_path, monkeypatch, capsys
):
    out, painted = tmp_path / 'masks', tmp_path / 'painted'
    make_masks(source, out, workers=1)
    before = contents(out)
    stamps = {p.name: p.stat().st_mtime_ns for p in out.glob('*.png')}
    (out / 'hubble_128.png').unlink()
    (out / 'rocket_128.png').write_bytes(b'half')
    capsys.readouterr()
    assert make_masks(source, out, workers=1) == 0
    assert '2 done' in capsys.readouterr().out
    assert contents(out) == before
    changed = {
        p.name
        for p in out.glob('*.png')
        if p.stat().st_mtime_ns != stamps[p.name]
    }
    assert changed == {'hubble_128.png', 'rocket_128.png'}
    # The painted images can come later.
    assert make_masks(source, out, painted, workers=1) == 0
    assert len(contents(painted)) == 13
    assert contents(out) == before
    # An image that has changed gets a mask of its new size.
    shutil.copy(source / 'astronaut_256.png', source / 'hubble_128.png')
    assert make_masks(source, out, painted, workers=1) == 0
    assert Image.open(out / 'hubble_128.png').size == (256, 256)


def test_other_settings_are_not_mixed_in(source, tmp_path):
    make_masks(source, tmp_path / 'masks', workers=1)
    before = contents(tmp_path / 'masks')
    with pytest.raises(InputError, match='drawn with other settings'):
        make_masks(source, tmp_path / 'masks', None, MaskSettings(seed=5))
    assert contents(tmp_path / 'masks') == before


def test_bad_images_are_named_and_the_rest_is_done(source, tmp_path, capsys):
    (source / 'text.png').write_text('no picture')
    content = (source / 'hubble_128.png').read_bytes()
    (source / 'cut.png').write_bytes(content[:5000])
    shutil.copy(source / 'camera_gray_128.png', source / 'hubble_128.bmp')
    (source / 'notes.txt').touch()
    out = tmp_path / 'masks'
    assert make_masks(source, out, workers=2) == 1
    report = (out / 'report.txt').read_text()
    assert 'FAILED (3)' in report
    assert 'text.png: The file is not an image' in report
    assert 'cut.png: The image is damaged or cut off' in report
    assert 'would have the mask of' in report
    assert 'notes.txt' in report
    assert '13 done' in capsys.readouterr().out
    assert len(manifest(out)) == 13


def test_a_full_disk_ends_the_batch_and_keeps_the_rest(
    source, tmp_path, monkeypatch, capsys
):
    written = []

    def fail_at_the_fifth(path, content):
        if len(written) == 4:
            raise OutputError(f'Expected to write {path}, disk full.')
        written.append(path)
        Path(path).write_bytes(content)

    monkeypatch.setattr(module, 'write_atomically', fail_at_the_fifth)
    assert make_masks(source, tmp_path / 'masks', workers=1) == 1
    assert 'STOPPED: Expected to write' in capsys.readouterr().out
    assert len(manifest(tmp_path / 'masks')) == 4
    monkeypatch.undo()
    assert make_masks(source, tmp_path / 'masks', workers=1) == 0
    make_masks(source, tmp_path / 'whole', workers=1)
    assert contents(tmp_path / 'masks') == contents(tmp_path / 'whole')


def test_a_killed_run_goes_on(tmp_path):
    source = tmp_path / 'patches'
    source.mkdir()
    for n in range(200):
        shutil.copy(PHOTOS / 'astronaut_256.png', source / f'{n}.png')
    out, painted = source.with_name('m'), source.with_name('p')

    def run():
        os.setsid()
        make_masks(source, out, painted, workers=2)

    process = multiprocessing.get_context('fork').Process(target=run)
    process.start()
    deadline = time.monotonic() + 100
    while len(list(out.glob('*.png'))) < 20 and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.join(60)
    assert 20 <= len(list(out.glob('*.png'))) < 200
    assert make_masks(source, out, painted, workers=2) == 0
    make_masks(source, tmp_path / 'm2', tmp_path / 'p2', workers=2)
    assert contents(out) == contents(tmp_path / 'm2')
    assert contents(painted) == contents(tmp_path / 'p2')
    left = [p.name for p in out.parent.rglob('.*') if 'unfinished' in p.name]
    assert left == []


def run_tool(monkeypatch, *arguments):
    """Exit code, or message of the error, of the command line."""
    monkeypatch.setattr('sys.argv', ['make_masks.py', *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(TOOL), run_name='__main__')
    return ended.value.code


def test_the_command_line_takes_all_settings(source, tmp_path, monkeypatch):
    flags = ['--seed', 3, '--brush-width', 4, 9, '--released-axes']
    assert run_tool(monkeypatch, f'{source}/', '--paint', *flags) == 0
    settings = MaskSettings(seed=3, brush_width=(4, 9), released_axes=True)
    make_masks(source, tmp_path / 'm', tmp_path / 'p', settings)
    masks = contents(tmp_path / 'patches_masks')
    assert masks == contents(tmp_path / 'm')
    painted = contents(tmp_path / 'patches_inpaint')
    assert painted == contents(tmp_path / 'p')
    message = run_tool(monkeypatch, tmp_path / 'none')
    assert message.startswith('error: ') and 'nothing there' in message
    assert run_tool(monkeypatch, '--brush-width', 9, 4, source) == (
        'error: brush_width must be a range LOW HIGH with 0 < LOW < HIGH '
        '(HIGH is not reached), got 9 4.'
    )


def test_here_is_a_folder_too(source, tmp_path, monkeypatch):
    monkeypatch.chdir(source)
    assert run_tool(monkeypatch, '.', '--paint') == 0
    for folder in ('patches_masks', 'patches_inpaint'):
        assert (tmp_path / folder / 'rocket_128.png').is_file()
    assert not [path for path in source.iterdir() if path.name[0] == '.']


def test_folders_that_make_no_sense_are_refused(source, tmp_path):
    with pytest.raises(InputError, match='folders of their own'):
        make_masks(source, source)
    with pytest.raises(InputError, match='folders of their own'):
        make_masks(source, tmp_path / 'm', tmp_path / 'm')
    with pytest.raises(InputError, match='nothing there'):
        make_masks(tmp_path / 'none', tmp_path / 'm')
    (tmp_path / 'empty').mkdir()
    with pytest.raises(InputError, match='found none'):
        make_masks(tmp_path / 'empty', tmp_path / 'm')
    with pytest.raises(InputError, match='astronaut'):
        make_masks(tmp_path / 'patches', PHOTOS)
    assert not (tmp_path / 'm').exists()


@pytest.mark.parametrize(
    'options', [{'brush_width': (9, 9)}, {'num_steps': (0, 2)}, {'seed': -1}]
)
def test_settings_that_make_no_sense_are_refused(options):
    with pytest.raises(ConfigError, match=next(iter(options))):
        MaskSettings(**options)
