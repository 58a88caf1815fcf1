import random

import numpy as np
import pytest

import adacode_mm  # noqa: F401
from adacode_mm.core.exceptions import InputError
from adacode_mm.data.labelling import label_sheets as module
from adacode_mm.data.labelling.patch_labels import PatchLabel, forced_label


@pytest.fixture
def drawn(monkeypatch):
    """Tiles by the first word of the title, instead of sheets."""
    drawn = {}

    def record(tiles, title, legend):
        drawn[title.split(':')[0]] = (tiles, title)
        return np.zeros((1, 1, 3), np.uint8)

    monkeypatch.setattr(module, 'contact_sheet', record)
    return drawn


def nature(share):
    shares = {'nature': share, 'street': 1 - share}
    return PatchLabel('nature', 'group_first', shares, (('tree', share),))


def read(name):
    if 'damaged' in name:
        raise InputError('is damaged')
    return np.full((4, 4, 3), int(name[1:3]), np.uint8)


def test_a_seeded_sample_with_the_surest_first(tmp_path, drawn):
    shares = np.random.default_rng(0).permutation(50) / 100 + 0.5
    labels = {f'p{n:02d}.png': nature(x) for n, x in enumerate(shares)}
    samples = []
    for seed in (0, 0, 1):
        names = list(labels)
        random.shuffle(names)
        shuffled = {name: labels[name] for name in names}
        module.write_label_sheets(tmp_path, shuffled, read, 12, seed)
        tiles, title = drawn['nature']
        assert title == 'nature: 12 of 50 patches, the surest first'
        found = [tile.shares['nature'] for tile in tiles]
        assert found == sorted(found, reverse=True)
        for tile in tiles:
            name = tile.lines[0]
            assert (tile.picture == int(name[1:3])).all()
            assert tile.shares == labels[name].shares
        samples.append({tile.lines[0] for tile in tiles})
    assert len(samples[0]) == 12
    assert samples[0] == samples[1] != samples[2]
    # Not the surest of all, but some of every kind.
    assert min(found) < 0.7 < max(found)
    assert drawn['street'][1].startswith('street: 0 of 0 patches')
    assert len(list(tmp_path.glob('contact_sheet_*.png'))) == 5


def test_captions(tmp_path, drawn):
    labels = {
        'p01.png': nature(0.75),
        'p02_damaged.png': nature(0.5),
        'p03.png': forced_label('portrait'),
    }
    module.write_label_sheets(tmp_path, labels, read)
    first, second = drawn['nature'][0]
    assert list(first.lines) == [
        'p01.png',
        'nature 75%, street 25%',
        'tree 75%',
    ]
    assert second.lines[:2] == ['p02_damaged.png', 'CANNOT BE READ']
    (third,) = drawn['portrait'][0]
    assert third.lines[:2] == ['p03.png', 'forced: not segmented']
