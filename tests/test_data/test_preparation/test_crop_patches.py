import hashlib
import json
import os
import pickle
import shutil
import sys
from functools import partial
from pathlib import Path, PurePosixPath

import cv2
import numpy as np
import pytest

import adacode_mm  # noqa: F401
from adacode_mm.core.exceptions import ConfigError, InputError
from adacode_mm.data.preparation import crop_patches as module
from adacode_mm.data.preparation.crop_patches import crop_folders
from adacode_mm.data.preparation.image_patches import (
    CropSettings,
    crop_image,
    patch_starts,
)
from adacode_mm.data.preparation.manifest import read_manifest
from adacode_mm.work.report import SkippedItem

PHOTOS = Path(__file__).parents[2] / 'data' / 'photos'
SMALL = CropSettings(size=48, stride=48)


def read(path):
    return cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)


def contents(folder):
    """Every visible file but the report, by name."""
    return {
        path.name: path.read_bytes()
        for path in Path(folder).iterdir()
        if not path.name.startswith('.') and path.name != 'report.txt'
    }


@pytest.mark.parametrize(
    ('length', 'expected'),
    [
        (512, [0]),
        (513, [0, 1]),
        (1024, [0, 512]),
        (1100, [0, 512, 588]),
        (1535, [0, 512, 1023]),
        (1536, [0, 512, 1024]),
    ],
)
def test_the_last_patch_lies_at_the_border_and_only_once(length, expected):
    assert patch_starts(length, 512, 512) == expected


def test_overlapping_patches():
    assert patch_starts(100, 40, 20) == [0, 20, 40, 60]
    assert patch_starts(101, 40, 20) == [0, 20, 40, 60, 61]


@pytest.mark.parametrize('shape', [(1024, 1536), (1030, 1700), (512, 512)])
def test_patches_cover_every_pixel_row_by_row(shape):
    image = np.random.default_rng(0).integers(
        256, size=(*shape, 3), dtype=np.uint8
    )
    patches = crop_image(image, 'a.png', CropSettings())
    boxes = [entry['box'] for _, entry in patches]
    assert boxes == sorted(boxes, key=lambda box: (box[1], box[0]))
    covered = np.zeros(shape, bool)
    for patch, entry in patches:
        x, y, width, height = entry['box']
        np.testing.assert_array_equal(
            patch, image[y : y + height, x : x + width]
        )
        assert patch.shape == (512, 512, 3)
        covered[y : y + height, x : x + width] = True
    assert covered.all()
    rows, columns = (-(-side // 512) for side in shape)
    assert len(patches) == rows * columns


def test_an_image_of_one_pixel_too_few_is_skipped():
    settings = CropSettings()
    with pytest.raises(SkippedItem, match='The image is 600x511, smaller'):
        crop_image(np.zeros((511, 600, 3), np.uint8), 'a', settings)


def test_random_resize_draws_factor_and_place_by_name():
    image = np.zeros((1024, 1024, 3), np.uint8)
    image[..., 0] = np.arange(1024)[:, None] // 4
    image[..., 1] = np.arange(1024) // 4
    settings = CropSettings(random_resize=(0.5, 1.0), seed=3)
    factors, places = [], []
    for number in range(200):
        ((patch, entry),) = crop_image(image, f'{number:05}.png', settings)
        x, y, *size = entry['box']
        width, height = entry['image_size']
        assert patch.shape == (512, 512, 3) and size == [512, 512]
        assert width == height and 512 <= width <= 1024
        factor = width / 1024
        factors.append(factor)
        if width > 600:
            places += [x / (width - 512), y / (height - 512)]
        # bilinear: pixel x shows (x + 0.5) / factor - 0.5 of the image
        middle = 255
        for start, channel in ((y, 0), (x, 1)):
            place = (start + middle + 0.5) / factor - 0.5
            shown = patch[middle, middle, channel]
            assert abs(shown - place / 4) <= 1
    assert abs(np.mean(factors) - 0.75) < 4 * 0.5 / np.sqrt(12 * 200)
    assert min(factors) < 0.52 and max(factors) > 0.98
    assert abs(np.mean(places) - 0.5) < 4 / np.sqrt(12 * len(places))
    ((_, again),) = crop_image(image, '00199.png', settings)
    assert again == entry
    ((_, other),) = crop_image(
        image, '00199.png', CropSettings(random_resize=(0.5, 1.0), seed=4)
    )
    assert other != entry


def test_random_resize_never_goes_below_the_patch():
    image = np.zeros((520, 700, 3), np.uint8)
    settings = CropSettings(random_resize=(0.5, 1.0))
    for number in range(50):
        ((_, entry),) = crop_image(image, str(number), settings)
        assert min(entry['image_size']) >= 512


@pytest.mark.parametrize(
    'wrong',
    [
        {'size': 0},
        {'stride': 0},
        {'seed': -1},
        {'random_resize': (0, 1)},
        {'random_resize': (0.9, 0.5)},
        {'random_resize': (0.5, 1.5)},
    ],
)
def test_settings_out_of_range(wrong):
    with pytest.raises(ConfigError):
        CropSettings(**wrong)


def test_photographs_become_patches_and_a_manifest(tmp_path, capsys):
    code = crop_folders([PHOTOS], tmp_path / 'out', SMALL, workers=2)
    assert code == 0
    entries = read_manifest(tmp_path / 'out' / 'manifest.jsonl')
    assert [entry['patch'] for entry in entries] == sorted(
        name for name in contents(tmp_path / 'out') if name.endswith('.png')
    )
    # 256: 6 x 6; 128: 3 x 3; 96: 2 x 2; 131x97: 3 x 3
    assert len(entries) == 36 + 9 * 9 + 4 + 9
    for entry in entries:
        path = tmp_path / 'out' / entry['patch']
        source = read(PHOTOS.parent / entry['source'])
        x, y, width, height = entry['box']
        np.testing.assert_array_equal(
            read(path), source[y : y + height, x : x + width]
        )
        assert [*source.shape[1::-1]] == entry['image_size']
        assert path.stat().st_size == entry['bytes']
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert digest == entry['sha256']
    odd = [e for e in entries if e['patch'].startswith('coffee_odd')]
    assert [(e['patch'][-9:], e['box'][:2]) for e in odd] == [
        ('_s001.png', [0, 0]),
        ('_s002.png', [48, 0]),
        ('_s003.png', [83, 0]),
        ('_s004.png', [0, 48]),
        ('_s005.png', [48, 48]),
        ('_s006.png', [83, 48]),
        ('_s007.png', [0, 49]),
        ('_s008.png', [48, 49]),
        ('_s009.png', [83, 49]),
    ]
    assert '12 done, 0 done before, 0 skipped, 0 failed' in (
        capsys.readouterr().out
    )


def test_the_number_of_workers_changes_nothing(tmp_path):
    settings = CropSettings(size=48, random_resize=(0.5, 1.0))
    for workers in (1, 3):
        crop_folders([PHOTOS], tmp_path / str(workers), settings, workers)
    assert contents(tmp_path / '1') == contents(tmp_path / '3')
    assert len(contents(tmp_path / '1')) == 12 + 1


def test_small_images_and_strange_files_are_reported(tmp_path, capsys):
    root = tmp_path / 'set'
    shutil.copytree(PHOTOS, root)
    (root / 'notes.txt').write_text('taken in May')
    settings = CropSettings(size=128, stride=128)
    assert crop_folders([root], tmp_path / 'out', settings, 2) == 0
    shown = capsys.readouterr().out
    assert 'set/brick_gray_96.png: The image is 96x96, smaller' in shown
    assert 'set/coffee_odd_131x97.png: The image is 131x97' in shown
    assert "set/notes.txt: The suffix '.txt' is not one" in shown
    assert '10 done, 0 done before, 3 skipped, 0 failed' in shown
    # grey as a file, RGB as a patch
    grey = cv2.imread(
        str(tmp_path / 'out' / 'camera_gray_128_s001.png'),
        cv2.IMREAD_UNCHANGED,
    )
    assert grey.shape == (128, 128, 3)


def test_damaged_files_fail_and_the_rest_is_done(tmp_path, capsys):
    root = tmp_path / 'set'
    root.mkdir()
    whole = (PHOTOS / 'rocket_128.png').read_bytes()
    (root / 'whole.png').write_bytes(whole)
    (root / 'cut.png').write_bytes(whole[: len(whole) // 2])
    (root / 'text.png').write_text('not a picture')
    (root / 'dead.png').symlink_to(root / 'gone.png')
    assert crop_folders([root], tmp_path / 'out', SMALL, 2) == 1
    shown = capsys.readouterr().out
    assert 'set/cut.png: The image is damaged or cut off' in shown
    assert 'set/text.png: The file is not an image' in shown
    assert 'set/dead.png: The file cannot be read' in shown
    assert len(read_manifest(tmp_path / 'out' / 'manifest.jsonl')) == 9
    # mended, they are all that a second call does
    for name in ('cut.png', 'text.png', 'gone.png'):
        shutil.copy(PHOTOS / 'rocket_128.png', root / name)
    os.unlink(root / 'dead.png')
    assert crop_folders([root], tmp_path / 'out', SMALL, 2) == 0
    assert '3 done, 1 done before' in capsys.readouterr().out


def test_equal_names_of_two_folders_do_not_collide(tmp_path):
    for folder, photo in (('DIV2K', 'rocket_128'), ('DIV8K', 'hubble_128')):
        (tmp_path / folder).mkdir()
        shutil.copy(PHOTOS / f'{photo}.png', tmp_path / folder / '0001.png')
    folders = [tmp_path / 'DIV8K', tmp_path / 'DIV2K']
    settings = CropSettings(size=128, stride=128)
    crop_folders(folders, tmp_path / 'out', settings, 1)
    for folder, photo in (('DIV2K', 'rocket_128'), ('DIV8K', 'hubble_128')):
        np.testing.assert_array_equal(
            read(tmp_path / 'out' / f'{folder}_0001_s001.png'),
            read(PHOTOS / f'{photo}.png'),
        )


def test_a_folder_can_be_added_in_another_mode(tmp_path, capsys):
    one, two = tmp_path / 'one', tmp_path / 'faces'
    for folder, photo in ((one, 'rocket_128'), (two, 'astronaut_face_128')):
        folder.mkdir()
        shutil.copy(PHOTOS / f'{photo}.png', folder / '1.png')
    out = tmp_path / 'out'
    faces = CropSettings(size=48, random_resize=(0.5, 1.0))
    assert crop_folders([one], out, SMALL, 1) == 0
    assert crop_folders([two], out, faces, 1) == 0
    entries = read_manifest(out / 'manifest.jsonl')
    assert [entry['source'] for entry in entries] == (
        ['one/1.png'] * 9 + ['faces/1.png']
    )
    assert entries[-1]['patch'] == 'faces_1_s001.png'
    # but one image is not cut in two ways
    with pytest.raises(InputError, match=r'one/1.png made with .*size 48'):
        crop_folders([one], out, CropSettings(size=64, stride=64), 1)
    with pytest.raises(InputError, match='backend png'):
        crop_folders(
            [PHOTOS], out, CropSettings(size=48, stride=48, backend='lmdb')
        )
    assert read_manifest(out / 'manifest.jsonl') == entries


def test_a_second_call_does_only_what_is_missing(tmp_path, capsys):
    out = tmp_path / 'out'
    crop_folders([PHOTOS], out, SMALL, 1)
    first = contents(out)
    (out / 'rocket_128_s003.png').unlink()
    (out / 'hubble_128_s001.png').write_bytes(b'cut')
    (out / 'manifest.jsonl').unlink()
    untouched = (out / 'rocket_128_s001.png', out / 'coffee_cup_128_s001.png')
    before = [path.stat().st_mtime_ns for path in untouched]
    capsys.readouterr()
    assert crop_folders([PHOTOS], out, SMALL, 1) == 0
    assert '2 done, 10 done before' in capsys.readouterr().out
    assert contents(out) == first
    assert untouched[1].stat().st_mtime_ns == before[1]
    assert crop_folders([PHOTOS], out, SMALL, 1) == 0
    assert '0 done, 12 done before' in capsys.readouterr().out


def test_a_copy_of_a_source_is_known_and_another_file_is_not(tmp_path, capsys):
    root, out = tmp_path / 'set', tmp_path / 'out'
    root.mkdir()
    for name in ('a.png', 'b.png'):
        shutil.copy(PHOTOS / 'rocket_128.png', root / name)
    crop_folders([root], out, SMALL, 1)
    patch = out / 'a_s001.png'
    before = patch.stat().st_mtime_ns
    os.utime(root / 'a.png', ns=(1, 1))
    shutil.copy(PHOTOS / 'hubble_128.png', root / 'b.png')
    capsys.readouterr()
    assert crop_folders([root], out, SMALL, 1) == 1
    assert 'set/b.png: The file is not the one' in capsys.readouterr().out
    assert patch.stat().st_mtime_ns == before
    assert len(read_manifest(out / 'manifest.jsonl')) == 18


def test_patches_that_are_gone_with_their_source_are_named(tmp_path, capsys):
    roots = [tmp_path / 'one', tmp_path / 'two']
    for root in roots:
        root.mkdir()
        shutil.copy(PHOTOS / 'rocket_128.png', root / f'{root.name}.png')
    out = tmp_path / 'out'
    crop_folders(roots, out, SMALL, 1)
    (out / 'two_s004.png').unlink()
    (out / 'stranger.png').touch()
    capsys.readouterr()
    assert crop_folders(roots[:1], out, SMALL, 1) == 1
    shown = capsys.readouterr().out
    assert 'two/two.png: Of its patches, 1 are gone' in shown
    assert 'stranger.png: It is not in the manifest' in shown
    names = [e['patch'] for e in read_manifest(out / 'manifest.jsonl')]
    assert len(names) == 17 and 'two_s004.png' not in names


def test_a_process_that_dies_is_named_with_its_image(
    tmp_path, capsys, monkeypatch
):
    def deadly(image, name, settings):
        if name.startswith('hubble'):
            os.kill(os.getpid(), 9)
        return crop_image(image, name, settings)

    monkeypatch.setattr(module, 'crop_image', deadly)
    assert crop_folders([PHOTOS], tmp_path / 'out', SMALL, 2) == 1
    shown = capsys.readouterr().out
    assert (
        'photos/hubble_128.png: Its worker process was ended by SIG' in shown
    )
    assert '11 done, 0 done before, 0 skipped, 1 failed' in shown


def test_what_workers_are_given_can_be_sent_to_spawned_ones(tmp_path):
    sent = pickle.dumps(partial(module._crop_file, SMALL, tmp_path))
    task = module._Task(
        module.InputFile(
            PHOTOS / 'rocket_128.png', PurePosixPath('b.png'), 'a/b.png'
        ),
        'b',
        None,
        False,
    )
    record, patches = pickle.loads(sent)(pickle.loads(pickle.dumps(task)))
    assert patches == []
    assert len(record['patches']) == len(list(tmp_path.iterdir())) == 9
    assert json.loads(json.dumps(record)) == record


def test_the_command_line(tmp_path, monkeypatch, capsys):
    tools = Path(__file__).parents[3] / 'tools' / 'dataset_converters'
    monkeypatch.syspath_prepend(str(tools))
    sys.modules.pop('crop_patches', None)
    import crop_patches as tool

    out = tmp_path / 'out'
    line = ['crop_patches.py', str(PHOTOS), '--out', str(out)]
    line += ['--size', '96', '--ffhq', '--seed', '5', '--workers', '2']
    monkeypatch.setattr(sys, 'argv', line)
    assert tool.main() == 0
    expected = CropSettings(96, 96, random_resize=(0.5, 1.0), seed=5)
    crop_folders([PHOTOS], tmp_path / 'expected', expected, 1)
    assert contents(out) == contents(tmp_path / 'expected')
    del sys.modules['crop_patches']
