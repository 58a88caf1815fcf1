"""Every image is there, with its partner, before training begins."""

import re
import shutil
from pathlib import Path

import adacode_mm  # noqa: F401  # isort: skip  (before MMagic)
import lmdb
import numpy as np
import pytest
from captured_log import captured_log
from PIL import Image
from tiny_stages import TINY

from adacode_mm.core.exceptions import ConfigError, InputError
from adacode_mm.data.restoration_dataset import RestorationDataset
from adacode_mm.data.transforms.load_image_file import LoadImageFile
from adacode_mm.training.run_config import train_config

PHOTOS = Path(__file__).parents[1] / 'data' / 'photos'
NAMES = ['coffee_cup_128.png', 'hubble_128.png', 'rocket_128.png']


@pytest.fixture
def root(tmp_path):
    """Folder with `hr`, `lr` (x4) and `train.txt`."""
    (tmp_path / 'hr').mkdir()
    (tmp_path / 'lr').mkdir()
    for name in NAMES:
        shutil.copy(PHOTOS / name, tmp_path / 'hr')
        shrink(PHOTOS / name, tmp_path / 'lr' / name)
    write_list(tmp_path, NAMES)
    return tmp_path


def shrink(path, target, size=(32, 32)):
    Image.open(path).convert('RGB').resize(size).save(target)


def write_list(root, lines):
    (root / 'train.txt').write_text('\n'.join(lines) + '\n')


def build(root, **options):
    options = {
        'ann_file': 'train.txt',
        'data_prefix': {'gt': 'hr', 'img': 'lr'},
        'scale': 4,
        'serialize_data': False,
        **options,
    }
    return RestorationDataset(data_root=str(root), **options)


def refused(root, **options):
    """Message of the error; it is one sentence."""
    with pytest.raises(InputError) as caught:
        build(root, **options)
    message = str(caught.value)
    assert '\n' not in message and message.endswith('.')
    return message


def paths(dataset, key):
    infos = [dataset.get_data_info(i) for i in range(len(dataset))]
    return [info[f'{key}_path'] for info in infos]


def test_partners_have_the_same_name(root):
    dataset = build(root)
    assert paths(dataset, 'gt') == [str(root / 'hr' / n) for n in NAMES]
    assert paths(dataset, 'img') == [str(root / 'lr' / n) for n in NAMES]
    info = dataset.get_data_info(1)
    assert info['key'] == 'hubble_128' and info['sample_idx'] == 1


def test_names_pair_where_the_order_of_the_files_would_not(root):
    """Sorted, '{}_x4' would shift '10' and '1' against each other."""
    for folder, template in (('hr', '{}.png'), ('lr', '{}_x4.png')):
        source = next((root / folder).iterdir())
        for stem in ('1', '10', '1_x'):
            shutil.copy(source, root / folder / template.format(stem))
    write_list(root, ['10.png', '1.png', '1_x.png'])
    dataset = build(root, filename_tmpl={'img': '{}_x4'})
    found = [Path(path).stem for path in paths(dataset, 'img')]
    assert found == ['10_x4', '1_x4', '1_x_x4']


@pytest.mark.parametrize('suffix', ['.jpg', '.bmp', '.webp'])
def test_partners_may_have_another_extension(root, suffix):
    name = NAMES[1]
    (root / 'lr' / name).unlink()
    other = (root / 'lr' / name).with_suffix(suffix)
    shrink(PHOTOS / name, other)
    assert paths(build(root), 'img')[1] == str(other)


def test_an_extension_that_two_files_could_mean_is_no_guess(root):
    lq = root / 'lr' / NAMES[0]
    for suffix in ('.jpg', '.bmp'):
        shrink(PHOTOS / NAMES[0], lq.with_suffix(suffix))
    assert len(build(root)) == 3  # the same extension comes first
    lq.unlink()
    message = refused(root)
    assert 'coffee_cup_128.bmp or coffee_cup_128.jpg?' in message


def test_lists_may_have_spaces_shapes_folders_and_blank_lines(root):
    for folder in ('hr', 'lr'):
        (root / folder / 'my holiday').mkdir()
        (root / folder / NAMES[0]).rename(
            root / folder / 'my holiday' / 'a cup (1).png'
        )
    lines = [
        f'{NAMES[1]} (128, 128, 3)',
        '',
        r'my holiday\a cup (1).png',
        'rocket_128',  # without extension, as MMagic's lists may be
        'rocket_128.png (128,128,3) 3',  # as in meta_info.txt of an LMDB
    ]
    write_list(root, lines)
    found = [
        Path(p).relative_to(root / 'lr') for p in paths(build(root), 'img')
    ]
    expected = [NAMES[1], 'my holiday/a cup (1).png', NAMES[2], NAMES[2]]
    assert [path.as_posix() for path in found] == expected


def test_a_folder_is_listed_in_order_with_its_subfolders(root):
    (root / 'hr' / 'b').mkdir()
    (root / 'hr' / '.hidden.png').touch()
    (root / 'hr' / 'notes.txt').touch()
    shutil.move(root / 'hr' / NAMES[0], root / 'hr' / 'b')
    dataset = build(root, ann_file='', data_prefix={'gt': 'hr'})
    found = [
        Path(path).relative_to(root / 'hr') for path in paths(dataset, 'gt')
    ]
    assert [path.as_posix() for path in found] == [
        f'b/{NAMES[0]}',
        NAMES[1],
        NAMES[2],
    ]


def test_a_folder_follows_its_template(root):
    for name in NAMES:
        path = root / 'hr' / name
        path.rename(path.with_stem(f'{path.stem}_hr'))
    tmpl = {'gt': '{}_hr'}
    (root / 'hr' / 'thumbs.png').touch()  # does not follow it
    dataset = build(root, ann_file='', filename_tmpl=tmpl)
    assert paths(dataset, 'img') == [str(root / 'lr' / n) for n in NAMES]
    assert tmpl == {'gt': '{}_hr'}  # MMagic would have written into it


def test_missing_partners_are_all_counted_and_ten_are_named(root):
    names = [f'{n:02d}.png' for n in range(14)]
    for name in names:
        shutil.copy(PHOTOS / NAMES[0], root / 'hr' / name)
    write_list(root, [*NAMES, *names])
    message = refused(root)
    assert 'All 17 images of' in message and '14 are not' in message
    lr = root / 'lr'
    named = re.findall(rf'(\S+\.png) \(no img in {lr}\)', message)
    assert named == names[:10]
    assert 'and 4 more' in message


def test_missing_ground_truth_is_named(root):
    (root / 'hr' / NAMES[2]).unlink()
    message = refused(root, data_prefix={'gt': 'hr'})
    assert f'1 is not: rocket_128.png (no gt in {root / "hr"})' in message


def test_training_does_not_begin_without_all_of_its_images(root):
    write_list(root, [*NAMES, 'lost.png'])
    options = {
        'train_dataloader.dataset.data_root': str(root),
        'train_dataloader.dataset.data_prefix.gt': 'hr',
        'train_dataloader.dataset.ann_file': 'train.txt',
    }
    work_dir = root / 'work_dir'
    with pytest.raises(InputError, match=r'1 is not: lost\.png \(no gt'):
        train_config(
            str(TINY / 'stage1_arch.py'), str(work_dir), cfg_options=options
        )
    assert not list(work_dir.rglob('*.pth'))
    assert not list(work_dir.rglob('scalars.json'))  # not one step


def test_wrong_sizes_are_named(root):
    shrink(PHOTOS / NAMES[1], root / 'lr' / NAMES[1], (32, 31))
    message = refused(root)
    assert 'hubble_128.png (img is 32x31, times 4 must be 128x128)' in message
    assert len(build(root, check_sizes=False)) == 3
    message = refused(root, scale=2)
    assert '3 are not' in message


def test_masks_are_as_large_as_their_image(root):
    (root / 'masks').mkdir()
    for name in NAMES:
        shutil.copy(PHOTOS / name, root / 'masks')
    prefix = {'gt': 'hr', 'img': 'lr', 'mask': 'masks'}
    dataset = build(root, data_prefix=prefix)
    assert paths(dataset, 'mask') == [str(root / 'masks' / n) for n in NAMES]
    shrink(PHOTOS / NAMES[0], root / 'masks' / NAMES[0], (64, 128))
    message = refused(root, data_prefix=prefix)
    assert '(mask is 64x128, times 1 must be 128x128)' in message


def test_images_too_small_for_the_crop_are_named(root):
    assert len(build(root, min_size=128)) == 3
    message = refused(root, min_size=129)
    assert '(gt is 128x128, must be at least 129x129)' in message
    # Also without partners.
    message = refused(root, min_size=129, data_prefix={'gt': 'hr'})
    assert '3 are not' in message


def test_unreadable_images_are_named(root):
    (root / 'lr' / NAMES[1]).write_text('no picture')
    message = refused(root)
    assert str(root / 'lr' / NAMES[1]) in message


@pytest.mark.parametrize(
    'format', ['JPEG', 'PNG', 'WEBP', 'TIFF', 'BMP', 'GIF']
)
@pytest.mark.parametrize('share', [0.6, 0.97])
def test_a_cut_off_image_is_found_before_the_training(root, format, share):
    """Also without partners, and with a whole preview in front."""
    path = root / 'hr' / f'cut.{format.lower()}'
    exif = Image.Exif()
    exif[0x010E] = '\xff\xd9'
    photo = Image.open(PHOTOS / NAMES[1]).convert('RGB')
    photo.save(path, format, exif=exif)
    write_list(root, [*NAMES, path.name])
    assert len(build(root, data_prefix={'gt': 'hr'})) == 4
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    assert str(path) in refused(root, data_prefix={'gt': 'hr'})


def test_damage_in_the_middle_names_the_file(root):
    path = root / 'hr' / NAMES[1]
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    load = {'type': 'adacode_mm.LoadImageFile', 'key': 'gt'}
    data = build(root, pipeline=[load])
    assert data[0]['gt'].shape == (128, 128, 3)
    with pytest.raises(InputError, match=NAMES[1]) as caught:
        data[1]
    assert '\n' not in str(caught.value)


def test_photographs_are_compared_as_the_loader_turns_them(root):
    name = 'turned.jpg'
    exif = Image.Exif()
    exif[0x0112] = 6
    photo = Image.open(PHOTOS / 'coffee_cup_128.png').resize((128, 64))
    photo.save(root / 'hr' / name, exif=exif)
    loaded = LoadImageFile('gt').transform(
        {'gt_path': str(root / 'hr' / name)}
    )
    assert loaded['gt'].shape[:2] == (128, 64)
    shrink(PHOTOS / NAMES[0], root / 'lr' / name, (16, 32))
    write_list(root, [name])
    assert len(build(root)) == 1
    shrink(PHOTOS / NAMES[0], root / 'lr' / name, (32, 16))
    assert '(img is 32x16, times 4 must be 64x128)' in refused(root)


def test_only_one_process_of_a_machine_reads_the_headers(root, monkeypatch):
    (root / 'lr' / NAMES[1]).write_text('no picture')
    monkeypatch.setenv('LOCAL_RANK', '1')
    assert len(build(root)) == 3
    (root / 'lr' / NAMES[1]).unlink()  # but all of them the names
    assert 'no img' in refused(root)


def test_slow_disks_are_asked_for_many_headers_at_once(root, monkeypatch):
    names = [f'{n:03d}.png' for n in range(120)]
    for name in names:
        for folder in ('hr', 'lr'):
            (root / folder / name).symlink_to(root / folder / NAMES[0])
    write_list(root, names)
    for bad in (names[3], names[100], names[119]):
        (root / 'lr' / bad).unlink()
        shrink(PHOTOS / NAMES[0], root / 'lr' / bad, (31, 32))
    expected = refused(root)
    assert '3 are not' in expected
    monkeypatch.setattr('adacode_mm.data.restoration_dataset.SLOW', -1)
    assert refused(root) == expected


def test_partners_without_ground_truth_are_mentioned(root):
    shutil.copy(root / 'lr' / NAMES[0], root / 'lr' / 'other.png')
    with captured_log() as log:
        assert len(build(root)) == 3
    (warning,) = (line for line in log if 'no ground truth' in line)
    assert warning.startswith(f'1 images in {root / "lr"} have no')
    assert 'such as other.png' in warning
    # Those of the other lists of the same folders are none.
    (root / 'lr' / 'other.png').unlink()
    write_list(root, NAMES[:1])
    with captured_log() as log:
        assert len(build(root)) == 1
    assert log and not any('no ground truth' in line for line in log)


def test_lmdbs_are_checked_by_their_keys(root):
    for folder in ('hr', 'lr'):
        base = lmdb.open(str(root / f'{folder}.lmdb'), map_size=2**24)
        with base, base.begin(write=True) as transaction:
            for name in NAMES:
                key = Path(name).stem.encode()
                transaction.put(key, (root / folder / name).read_bytes())
    prefix = {'gt': 'hr.lmdb', 'img': 'lr.lmdb'}
    message = refused(root, data_prefix=prefix, scale=2)
    assert '(img is 32x32, times 2 must be 128x128)' in message
    write_list(root, [*NAMES, 'new.png'])
    message = refused(root, data_prefix=prefix)
    assert 'new.png (no gt in' in message and 'new.png (no img in' in message
    dataset = build(root, ann_file='', data_prefix=prefix)
    backend = {'backend': 'lmdb', 'db_path': str(root / 'lr.lmdb')}
    load = LoadImageFile('img', backend_args=backend)
    np.testing.assert_array_equal(
        load.transform(dataset.get_data_info(2))['img'],
        np.asarray(Image.open(root / 'lr' / NAMES[2])),
    )
    (root / 'hr.lmdb' / 'data.mdb').write_text('damaged' * 2000)
    message = refused(root, data_prefix=prefix)
    assert f"an LMDB in '{root}/hr.lmdb' that can be opened" in message


def test_a_list_in_another_encoding_is_refused(root):
    (root / 'train.txt').write_text('a.png', encoding='utf-16')
    assert 'must be text in UTF-8' in refused(root)


def test_missing_lists_and_folders_are_named(root):
    assert f"annotation file at '{root}/none.txt'" in refused(
        root, ann_file='none.txt'
    )
    assert f"folder at '{root}/sr', found none" in refused(
        root, data_prefix={'gt': 'hr', 'img': 'sr'}
    )
    write_list(root, ['', '  '])
    assert 'must name at least one image, but it is empty' in refused(root)
    (root / 'empty').mkdir()
    assert 'must name at least one image' in refused(
        root, ann_file='', data_prefix={'gt': 'empty'}
    )


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        ({'data_prefix': {'img': 'lr'}}, 'a folder for gt'),
        ({'scale': 0}, 'whole number of at least 1'),
        ({'scale': 1.5}, 'whole number of at least 1'),
        ({'filename_tmpl': {'img': 'x4'}}, 'must have one {}'),
    ],
)
def test_arguments_that_make_no_sense_are_refused(root, options, message):
    with pytest.raises(ConfigError, match=message):
        build(root, **options)
