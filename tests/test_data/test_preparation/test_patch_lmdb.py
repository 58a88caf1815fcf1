from pathlib import Path

import cv2
import numpy as np
import pytest

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
from mmagic.datasets import BasicImageDataset
from mmagic.datasets.transforms import LoadImageFromFile
from torch.utils.data import DataLoader

from adacode_mm.core.exceptions import InputError
from adacode_mm.data.preparation import patch_stores
from adacode_mm.data.preparation.crop_patches import crop_folders
from adacode_mm.data.preparation.image_patches import CropSettings
from adacode_mm.data.preparation.manifest import read_manifest
from adacode_mm.data.preparation.patch_stores import PatchLmdb, open_patches

PHOTOS = Path(__file__).parents[2] / 'data' / 'photos'
SETTINGS = {'size': 64, 'stride': 64}


@pytest.fixture(scope='module')
def both(tmp_path_factory):
    """The same patches as files and in an LMDB."""
    root = tmp_path_factory.mktemp('both')
    crop_folders([PHOTOS], root / 'png', CropSettings(**SETTINGS), 2)
    lmdb = CropSettings(**SETTINGS, backend='lmdb')
    crop_folders([PHOTOS], root / 'lmdb', lmdb, 2)
    return root


def test_a_dataset_of_mmagic_reads_it(both):
    load = LoadImageFromFile(
        key='gt',
        channel_order='rgb',
        backend_args={'backend': 'lmdb', 'db_path': str(both / 'lmdb')},
    )
    dataset = BasicImageDataset(
        ann_file='meta_info.txt',
        data_root=str(both / 'lmdb'),
        data_prefix={'gt': ''},
        pipeline=[load],
    )
    entries = read_manifest(both / 'lmdb' / 'manifest.jsonl')
    assert len(dataset) == len(entries) == 62
    # also from processes that were forked after it was opened
    loader = DataLoader(
        dataset, num_workers=2, batch_size=None, collate_fn=None
    )
    for entry, sample in zip(entries, loader, strict=True):
        file = cv2.imread(str(both / 'png' / entry['patch']))
        np.testing.assert_array_equal(sample['gt'], file[..., ::-1])


def test_the_manifest_is_that_of_the_files(both):
    assert read_manifest(both / 'lmdb' / 'manifest.jsonl') == read_manifest(
        both / 'png' / 'manifest.jsonl'
    )
    line = (both / 'lmdb' / 'meta_info.txt').read_text().splitlines()[0]
    assert line == 'astronaut_256_s001.png (64,64,3) 3'


def test_what_is_missing_in_it_is_done_again(both, capsys):
    import lmdb

    with (
        lmdb.open(str(both / 'lmdb')) as environment,
        environment.begin(write=True) as transaction,
    ):
        assert transaction.delete(b'rocket_128_s002')
    capsys.readouterr()
    settings = CropSettings(**SETTINGS, backend='lmdb')
    assert crop_folders([PHOTOS], both / 'lmdb', settings, 1) == 0
    assert '1 done, 11 done before' in capsys.readouterr().out
    content = PatchLmdb(both / 'lmdb').read('rocket_128_s002.png')
    file = both / 'png' / 'rocket_128_s002.png'
    assert content == file.read_bytes()


def test_it_grows_as_needed(tmp_path, monkeypatch):
    monkeypatch.setattr(patch_stores, 'FIRST_MAP_SIZE', 2**16)
    random = np.random.default_rng(0)
    patches = [(f'{n}.png', random.bytes(10_000 * n)) for n in range(1, 40)]
    store = PatchLmdb(tmp_path)
    store.write(patches[:2])
    store.write(patches[2:])
    store.close()
    fresh = open_patches(tmp_path)
    assert isinstance(fresh, PatchLmdb)
    assert fresh.sizes() == {name: len(value) for name, value in patches}
    assert all(fresh.read(name) == value for name, value in patches)
    with pytest.raises(InputError, match=r'The patch 99.png is not in'):
        fresh.read('99.png')


def test_a_broken_database_is_named(tmp_path):
    (tmp_path / 'data.mdb').write_bytes(b'nonsense' * 2000)
    with pytest.raises(InputError, match='that can be read, but it says'):
        open_patches(tmp_path).sizes()
