import re

import adacode_mm  # noqa: F401
from adacode_mm.data.preparation.short_names import short_names


def test_names_are_stems_unless_ambiguous():
    names = short_names(
        ['DIV2K/0001.png', 'DIV8K/0001.png', 'DIV8K/1200.png', 'F/b c/é 1.jpg']
    )
    assert names == {
        'DIV2K/0001.png': 'DIV2K_0001',
        'DIV8K/0001.png': 'DIV8K_0001',
        'DIV8K/1200.png': '1200',
        'F/b c/é 1.jpg': '__1',
    }


def test_names_are_unique_also_without_upper_case():
    given = ['a/x.png', 'a/x.jpg', 'a/X.png', 'a/x y.png', 'a/x_y.png']
    given += ['b/x.png', 'a_x.png']
    names = short_names(given)
    assert len({name.casefold() for name in names.values()}) == len(given)
    for name in names.values():
        assert re.fullmatch(r'[A-Za-z0-9._+=@()-]+', name)
    assert short_names(given[::-1]) == names


def test_names_from_before_are_kept():
    first = short_names(['DIV2K/0001.png', 'DIV2K/0002.png'])
    both = short_names(['DIV2K/0001.png', 'DIV8K/0001.png'], taken=first)
    assert both == {
        'DIV2K/0001.png': '0001',
        'DIV2K/0002.png': '0002',
        'DIV8K/0001.png': 'DIV8K_0001',
    }
