"""The whole way from patches to lists, through the real SegFormer."""

import csv
import json
import shutil

import adacode_mm  # noqa: F401  # isort: skip  (before mmseg)
import cv2
import numpy as np
import pytest
from mmengine.registry import DefaultScope
from PIL import Image
from tiny_segformer import write_network, write_patches

from adacode_mm.core.exceptions import ConfigError, InputError, OutputError
from adacode_mm.data.labelling import label_patches as module
from adacode_mm.data.labelling.label_patches import label_patches
from adacode_mm.data.labelling.labelling_options import (
    DivisionOptions,
    NetworkOptions,
)
from adacode_mm.data.labelling.super_class_table import (
    SUPER_CLASSES,
    load_super_class_table,
)
from adacode_mm.work.journal import Journal


@pytest.fixture
def network(segformer):
    """Options without other processes, five patches at a time."""
    return NetworkOptions(*segformer, 'cpu', batch_size=5, workers=0)


@pytest.fixture
def patches(tmp_path):
    """A folder of 33 patches."""
    assert len(write_patches(tmp_path / 'patches')) == 33
    return tmp_path / 'patches'


@pytest.fixture(scope='session')
def reference(segformer, tmp_path_factory):
    """What mmsegmentation's own functions say: patch -> 64x64 classes."""
    from mmseg.apis import inference_model, init_model

    folder = tmp_path_factory.mktemp('reference') / 'patches'
    names = write_patches(folder)
    with DefaultScope.overwrite_default_scope('mmseg'):
        model = init_model(*segformer, device='cpu')
        results = [inference_model(model, str(folder / n)) for n in names]
    maps = [result.pred_sem_seg.data[0].numpy() for result in results]
    return dict(zip(names, maps, strict=True))


def read_table(folder):
    with (folder / 'labels.csv').open(newline='') as file:
        return {row['patch']: row for row in csv.DictReader(file)}


def outputs(folder):
    """All files that do not tell how they came about, by name."""
    return {
        path.name: path.read_bytes()
        for path in folder.iterdir()
        if path.suffix in ('.txt', '.csv', '.png')
        and path.name != 'report.txt'
    }


def without_network(monkeypatch):
    def refuse(*args):
        raise AssertionError('the network was loaded')

    monkeypatch.setattr(module, 'Segmenter', refuse)


def test_labels_are_those_of_mmseg_and_the_rules(
    patches, network, reference, monkeypatch, capsys
):
    out = patches.parent / 'annotations'
    assert label_patches(patches, network=network) == 0
    groups = load_super_class_table().groups
    rows = read_table(out)
    assert list(rows) == sorted(reference)
    for name, labels in reference.items():
        # Pixel by pixel, as the released code.
        grouped = np.array([groups[k] for k in labels.ravel()])
        shares = np.bincount(grouped, minlength=5) / grouped.size
        row = rows[name]
        assert row['super_class'] == SUPER_CLASSES[shares.argmax()]
        found = [float(row[each]) for each in SUPER_CLASSES]
        assert found == pytest.approx(shares, abs=0.002)
    assert len({row['super_class'] for row in rows.values()}) == 4
    assert '33 done' in capsys.readouterr().out

    # The other rule, from what is known: nothing is segmented again.
    without_network(monkeypatch)
    rule = DivisionOptions(rule='class_first')
    assert label_patches(patches, network=network, division=rule) == 0
    changed = 0
    for name, row in read_table(out).items():
        largest = np.bincount(reference[name].ravel()).argmax()
        assert row['super_class'] == SUPER_CLASSES[groups[largest]]
        changed += row['super_class'] != rows[name]['super_class']
    assert changed == 6
    assert '33 done before' in capsys.readouterr().out


def test_lists_split_photographs(patches, network):
    out = patches.parent / 'annotations'
    options = DivisionOptions(valid_fraction=0.25, seed=3)
    assert label_patches(patches, network=network, division=options) == 0
    rows = read_table(out)
    lists = {
        split: (out / f'{split}.txt').read_text().split()
        for split in ('train', 'valid')
    }
    assert sorted(lists['train'] + lists['valid']) == sorted(rows)
    sides = {
        split: {rows[name]['source'] for name in names}
        for split, names in lists.items()
    }
    assert not sides['train'] & sides['valid']
    assert len(sides['valid']) >= 3  # of 12 photographs
    for super_class in SUPER_CLASSES:
        for split, names in lists.items():
            path = out / f'{super_class}_{split}.txt'
            assert path.read_text().split() == [
                n for n in names if rows[n]['super_class'] == super_class
            ]
        sheet = Image.open(out / f'contact_sheet_{super_class}.png')
        members = [r for r in rows.values() if r['super_class'] == super_class]
        lines = -(-len(members) // 8)
        assert sheet.height == 56 + 8 + lines * (160 + 8 + 3 * 14 + 8)


def test_the_manifest_names_photographs_and_changed_patches(
    patches, network, capsys
):
    names = sorted(path.name for path in patches.iterdir())

    def write_manifest(sha256):
        (patches / 'manifest.jsonl').write_text(
            ''.join(
                json.dumps(
                    {
                        'patch': name,
                        'source': f'set/{name[:7]}.tif',
                        'sha256': sha256 if name == names[4] else 'a' * 64,
                    }
                )
                + '\n'
                for name in names
            )
        )

    write_manifest('b' * 64)
    assert label_patches(patches, network=network) == 0
    rows = read_table(patches.parent / 'annotations')
    assert rows[names[4]]['source'] == f'set/{names[4][:7]}.tif'
    write_manifest('c' * 64)  # cut again since
    shutil.copy(patches / names[-1], patches / names[4])
    capsys.readouterr()
    assert label_patches(patches, network=network) == 0
    assert '1 done' in (text := capsys.readouterr().out)
    assert '32 done before' in text
    changed = read_table(patches.parent / 'annotations')
    new, same = changed[names[4]], changed[names[-1]]
    assert new['class_1'] == same['class_1'] != rows[names[4]]['class_1']
    assert float(new['share_1']) == pytest.approx(
        float(same['share_1']), abs=0.002
    )


def test_a_damaged_patch_is_named_and_done_when_repaired(
    patches, network, capsys
):
    out = patches.parent / 'annotations'
    victim = patches / 'coffee_cup_128_s002.png'
    whole = victim.read_bytes()
    victim.write_bytes(whole[: len(whole) // 2])
    (patches / 'text.png').write_text('not an image')
    assert label_patches(patches, network=network) == 1
    text = capsys.readouterr().out
    assert 'coffee_cup_128_s002.png: The image is damaged' in text
    assert 'text.png: The file is not an image' in text
    assert '32 done' in text and '2 failed' in text
    assert victim.name not in (out / 'train.txt').read_text()
    victim.write_bytes(whole)
    (patches / 'text.png').unlink()
    assert label_patches(patches, network=network) == 0
    assert ' 1 done' in capsys.readouterr().out
    assert victim.name in read_table(out)


def test_forced_patches_are_not_segmented(patches, network, capsys):
    forced = DivisionOptions(forced={'portrait': ['astronaut_*']})
    assert label_patches(patches, network=network, division=forced) == 0
    rows = read_table(patches.parent / 'annotations')
    faces = {n: r for n, r in rows.items() if n.startswith('astronaut_')}
    assert len(faces) == 9 and '24 done' in capsys.readouterr().out
    for row in faces.values():
        assert row['super_class'] == 'portrait' and row['reason'] == 'forced'
    results = segmented(patches.parent / 'annotations')
    assert not faces.keys() & results.keys()


def test_all_of_one_class_are_reported(patches, network, capsys):
    for path in patches.iterdir():
        if not path.name.startswith('hubble'):
            path.unlink()
    forced = DivisionOptions(forced={'nature': ['*']}, valid_fraction=0)
    assert label_patches(patches, network=network, division=forced) == 0
    text = capsys.readouterr().out
    assert 'nature: 3 patches for training, 0 for validation. Its' in text
    assert 'portrait: 0 patches for training, 0 for validation. Its ' in text
    assert text.count('cannot be trained') == 4


def segmented(out):
    """What is known about each patch."""
    journal = Journal(out, 'label_patches')
    journal.reload()
    return journal.records


class EndsAfter:
    """`Journal.record_all` that raises instead of adding, after some calls."""

    def __init__(self, calls, error):
        self.left, self.error = calls, error
        self.add = Journal.record_all

    def __call__(self, journal, results):
        if not self.left:
            raise self.error
        self.left -= 1
        self.add(journal, results)


@pytest.mark.parametrize(
    ('error', 'code', 'message'),
    [
        (KeyboardInterrupt(), 130, 'STOPPED: '),
        (OutputError('No space left.'), 1, 'STOPPED: No space left.'),
    ],
)
def test_what_is_finished_is_kept(
    patches, network, monkeypatch, capsys, error, code, message
):
    whole = patches.parent / 'whole'
    assert label_patches(patches, whole, network=network) == 0
    out = patches.parent / 'annotations'
    with monkeypatch.context() as patch:
        end = EndsAfter(2, error)
        patch.setattr(
            Journal,
            'record_all',
            lambda journal, results: end(journal, results),
        )
        capsys.readouterr()
        assert label_patches(patches, out, network=network) == code
    text = capsys.readouterr().out
    assert message in text and '10 done' in text
    assert not (out / 'train.txt').exists()
    finished = segmented(out)
    assert len(finished) == 10
    assert label_patches(patches, out, network=network) == 0
    text = capsys.readouterr().out
    assert '23 done' in text and '10 done before' in text
    results = segmented(out)
    assert {name: results[name] for name in finished} == finished
    assert outputs(out).keys() == outputs(whole).keys()
    for name, content in outputs(whole).items():
        if name.endswith('.txt'):
            assert outputs(out)[name] == content, name


def test_results_of_another_network_are_not_mixed(
    patches, network, tmp_path, capsys
):
    assert label_patches(patches, network=network) == 0
    (patches / 'hubble_128_s001.png').rename(patches / 'new_s001.png')
    config, other = write_network(tmp_path, seed=1)
    options = NetworkOptions(config, other, 'cpu', workers=0)
    with pytest.raises(InputError, match=r'33 results .* another network'):
        label_patches(patches, network=options)
    # Goes on with the old one.
    assert label_patches(patches, network=network) == 0


def test_a_network_for_other_classes_is_refused(patches, tmp_path):
    config = tmp_path / 'cityscapes.py'
    config.write_text(
        "_base_ = 'mmseg::segformer/segformer_mit-b0_8xb1-160k_cityscapes-"
        "1024x1024.py'\n"
    )
    import torch
    from mmengine.config import Config
    from mmseg.apis import init_model

    with DefaultScope.overwrite_default_scope('mmseg'):
        model = init_model(Config.fromfile(config), device='cpu')
    checkpoint = tmp_path / 'cityscapes.pth'
    torch.save({'state_dict': model.state_dict()}, checkpoint)
    options = NetworkOptions(str(config), str(checkpoint), 'cpu', workers=0)
    with pytest.raises(
        InputError, match=r'150 classes .* it tells 19 and cla'
    ):
        label_patches(patches, network=options)


def test_lmdb_gives_the_same(patches, network):
    from adacode_mm.data.preparation.patch_stores import PatchLmdb

    names = sorted(path.name for path in patches.iterdir())
    database = patches.parent / 'lmdb' / 'patches'
    database.mkdir(parents=True)
    store = PatchLmdb(database)
    store.write([(name, (patches / name).read_bytes()) for name in names])
    del store
    assert label_patches(patches, network=network) == 0
    assert label_patches(database, network=network) == 0
    expected = outputs(patches.parent / 'annotations')
    assert outputs(database.parent / 'annotations') == expected


def test_bad_input_is_named(patches, network, tmp_path):
    with pytest.raises(InputError, match=r"folder at '.*none'"):
        label_patches(tmp_path / 'none', network=network)
    (tmp_path / 'empty').mkdir()
    with pytest.raises(InputError, match=r'no image: run .*crop_patches\.py'):
        label_patches(tmp_path / 'empty', network=network)
    with pytest.raises(InputError, match=r'Expected a manifest at .*none'):
        label_patches(patches, manifest=tmp_path / 'none', network=network)
    with pytest.raises(InputError, match=r"one of \['cpu'.* got 'tpu'"):
        label_patches(
            patches,
            network=NetworkOptions(network.config, network.checkpoint, 'tpu'),
        )
    with pytest.raises(ConfigError, match="'largest'"):
        DivisionOptions(rule='largest')
    with pytest.raises(ConfigError, match=r'\[0, 1\), got 1'):
        DivisionOptions(valid_fraction=1)
    with pytest.raises(ConfigError, match=r'batch of at least 1 .* got 0 and'):
        NetworkOptions(batch_size=0)
    cv2.imwrite(str(patches / ' space.png'), np.zeros((8, 8, 3), np.uint8))
    with pytest.raises(InputError, match=r"' space\.png' cannot be listed"):
        label_patches(patches, network=network)
