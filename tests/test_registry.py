"""Names are found from every scope, and MMagic keeps its own."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import mmagic.registry
import mmengine.registry
import mmseg.registry
import pytest

from adacode_mm import registry

KINDS = registry.KINDS
PACKAGE = Path(registry.__file__).parent


class Dummy:
    """What the tests register."""


@pytest.fixture
def register():
    """Registers in our MODELS; afterwards all is as before."""
    ours, theirs = registry.MODELS, mmagic.registry.MODELS
    theirs.import_from_location()
    before = dict(ours._module_dict), dict(theirs._module_dict)
    yield ours._register_module
    for each, content in zip((ours, theirs), before, strict=True):
        each._module_dict.clear()
        each._module_dict.update(content)


def parents(kind):
    """The registries of one kind that a config may be read in."""
    hosts = (mmengine.registry, mmagic.registry, mmseg.registry)
    return [getattr(host, kind) for host in hosts]


def registered_classes():
    """(kind, name, module) of every class that a decorator registers."""
    for path in PACKAGE.rglob('*.py'):
        parts = path.relative_to(PACKAGE).with_suffix('').parts
        for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
            for decorator in getattr(node, 'decorator_list', ()):
                kind, _, call = ast.unparse(decorator).partition('.')
                if call == 'register_module()':
                    yield kind, node.name, '.'.join(parts)


def test_the_table_names_what_is_registered():
    table = {
        (kind, name, place)
        for kind, names in registry._PLACES.items()
        for name, place in names.items()
    }
    assert table == set(registered_classes())


@pytest.mark.parametrize('kind', KINDS)
def test_each_of_our_classes_is_found_from_every_scope(kind):
    ours, theirs = getattr(registry, kind), getattr(mmagic.registry, kind)
    for name in registry._PLACES[kind]:
        cls = ours.own(name)
        for host in [*parents(kind), ours]:
            assert host.get(f'adacode_mm.{name}') is cls, (name, host)
        assert theirs.get(name) is cls, f'{name} clashes with MMagic'


def test_a_name_that_mmagic_has_stays_mmagics(register):
    theirs = mmagic.registry.MODELS.get('L1Loss')
    register(Dummy, 'L1Loss')
    assert mmagic.registry.MODELS.get('L1Loss') is theirs
    assert mmagic.registry.MODELS.get('mmagic.L1Loss') is theirs
    assert mmagic.registry.MODELS.get('adacode_mm.L1Loss') is Dummy
    assert mmengine.registry.MODELS.get('adacode_mm.L1Loss') is Dummy
    assert registry.MODELS.get('L1Loss') is Dummy
    assert registry.MODELS.get('mmagic.L1Loss') is theirs


def test_registering_only_adds_to_mmagic(register):
    before = dict(mmagic.registry.MODELS.module_dict)
    register(Dummy)
    after = dict(mmagic.registry.MODELS.module_dict)
    assert after == before
    assert mmagic.registry.MODELS.get('Dummy') is Dummy


def test_a_class_may_have_several_names(register):
    register(Dummy, ['DummyOne', 'L1Loss', 'DummyTwo'])
    for name in ('DummyOne', 'DummyTwo'):
        assert mmagic.registry.MODELS.get(name) is Dummy
    assert mmagic.registry.MODELS.get('L1Loss') is not Dummy


def test_registering_again_by_force_replaces_the_mirrored_class(register):
    register(Dummy, 'DummyOne')
    replacement = type('Replacement', (), {})
    with pytest.raises(KeyError):
        register(replacement, 'DummyOne')
    register(replacement, 'DummyOne', force=True)
    assert registry.MODELS.get('DummyOne') is replacement
    assert mmagic.registry.MODELS.get('DummyOne') is replacement


def test_our_scope_finds_what_mmagic_and_mmengine_have():
    name = 'UNetDiscriminatorWithSpectralNorm'
    found = registry.MODELS.get(name)
    assert found is mmagic.registry.MODELS.get(name)
    built = mmagic.registry.MODELS.build(
        {'type': f'adacode_mm.{name}', 'in_channels': 3, 'mid_channels': 8}
    )
    assert isinstance(built, found)
    # MMagic's own reader, not MMEngine's of the same name
    reader = registry.TRANSFORMS.get('LoadImageFromFile')
    assert reader.__module__.startswith('mmagic.')
    assert registry.HOOKS.get('CheckpointHook').__module__.startswith(
        'mmengine.'
    )


def test_a_full_dotted_path_is_found():
    assert (
        registry.MODELS.get('adacode_mm.registry.LazyRegistry')
        is registry.LazyRegistry
    )


def test_an_unknown_name_is_a_clear_error():
    with pytest.raises(KeyError, match=r'adacode_mm\.Nonsense'):
        mmagic.registry.MODELS.build({'type': 'adacode_mm.Nonsense'})
    assert registry.MODELS.get('adacode_mm.Nonsense') is None


# A host that works by itself finds us without an import: MMEngine always;
# the import of ours then adapts MMagic, which is asked afterwards.
WITHOUT_IMPORT = """
import json, sys
from mmengine.registry import MODELS
assert 'adacode_mm' not in sys.modules
root = MODELS.get('adacode_mm.CodebookNet')
from mmagic.registry import MODELS as mmagic
from mmseg.registry import MODELS as mmseg
found = [each.get('adacode_mm.CodebookNet') for each in (mmagic, mmseg)]
print(json.dumps([root.__module__, [each is root for each in found],
                  mmagic.get('CodebookNet') is root]))
"""


def test_prefixed_names_need_no_import():
    done = subprocess.run(
        [sys.executable, '-c', WITHOUT_IMPORT],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    module, same, mirrored = json.loads(done.stdout.splitlines()[-1])
    assert module.startswith('adacode_mm.models.adacode')
    assert same == [True, True]
    assert mirrored
