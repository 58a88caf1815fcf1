import random

from adacode_mm.data.labelling.source_split import (
    source_of,
    validation_sources,
)


def photographs(count, patches, classes):
    """Patches of numbered photographs, with random super-classes."""
    generator = random.Random(0)
    sources, super_classes = {}, {}
    for n in range(count):
        for k in range(patches):
            name = f'{n:04d}_s{k:03d}.png'
            sources[name] = source_of(name)
            super_classes[name] = generator.choice(classes)
    return super_classes, sources


def test_the_photograph_is_in_the_name():
    assert source_of('div2k_0801_s012.png') == 'div2k_0801'
    assert source_of('set/a.b_s1000.png') == 'set/a.b'
    assert source_of('portrait.png') == 'portrait'
    assert source_of('a_s001_s002.png') == 'a_s001'
    assert source_of('no_extension_s001') == 'no_extension'


def test_the_share_is_of_photographs():
    super_classes, sources = photographs(400, 3, ['nature', 'street'])
    for fraction, expected in ((0.05, 20), (0.5, 200), (0, 0)):
        chosen = validation_sources(super_classes, sources, fraction)
        assert len(chosen) == expected
        assert chosen <= set(sources.values())


def test_order_and_company_do_not_matter():
    super_classes, sources = photographs(400, 3, ['nature', 'street'])
    chosen = validation_sources(super_classes, sources, 0.1)
    names = list(super_classes)
    random.Random(1).shuffle(names)
    shuffled = {name: super_classes[name] for name in names}
    assert validation_sources(shuffled, sources, 0.1) == chosen
    assert validation_sources(super_classes, sources, 0.1, seed=1) != chosen
    # Half of the photographs, half as many chosen: mostly the same.
    half = {k: v for k, v in super_classes.items() if sources[k] < '0200'}
    few = validation_sources(half, sources, 0.1)
    assert len(few) == 20
    assert len(few & chosen) >= 15


def test_every_super_class_of_two_photographs_is_on_both_sides():
    super_classes, sources = photographs(300, 1, ['nature'])
    for n, name in ((5, 'street'), (17, 'street'), (40, 'indoor')):
        super_classes[f'{n:04d}_s000.png'] = name
    for seed in range(20):
        chosen = validation_sources(super_classes, sources, 0.01, seed)
        assert ('0005' in chosen) != ('0017' in chosen)  # street on each side
        assert '0040' not in chosen  # the only indoor one is trained on
        assert 3 <= len(chosen) <= 4


def test_one_photograph_is_for_training():
    assert (
        validation_sources({'a_s001.png': 'nature'}, {'a_s001.png': 'a'}, 0.5)
        == set()
    )
