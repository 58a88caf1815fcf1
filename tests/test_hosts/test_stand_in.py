"""Stand-ins are found like modules, resolve late and fail when called."""

import importlib
import pickle
import sys

import pytest

from adacode_mm.hosts.compat.stand_in import Unusable, lacks, locate, stand_in


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package on the path that fails when it is imported."""
    folder = tmp_path / 'explosive' / 'inner'
    folder.mkdir(parents=True)
    for init in (folder / '__init__.py', folder.parent / '__init__.py'):
        init.write_text('raise RuntimeError("imported")')
    (folder / 'present.py').touch()
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    yield folder
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_locate_and_lacks_import_nothing(package):
    found = locate('explosive.inner.present')
    assert found.origin == str(package / 'present.py')
    assert locate('explosive.inner.absent') is None
    assert locate('explosive.inner.present.deeper') is None
    assert lacks('explosive.inner.absent')
    assert not lacks('explosive.inner.present')
    assert 'explosive' not in sys.modules


def test_a_package_that_is_not_installed_lacks_nothing():
    assert locate('no_such_package.part') is None
    assert not lacks('no_such_package.part')


def test_a_stand_in_is_imported_like_a_module(package):
    stand_in('explosive.inner.old', {'Thing': 42}.__getitem__)
    # by its full name: its parents are not imported, or this would raise
    module = importlib.import_module('explosive.inner.old')
    assert module.Thing == 42
    with pytest.raises(AttributeError, match='__path__'):
        _ = module.__path__
    assert not lacks('explosive.inner.old')


def test_unusable_things_fail_only_when_called():
    cause = AttributeError('why')
    thing = Unusable('Needs x: install y.', cause)
    assert thing.part.of_it is thing
    assert not hasattr(thing, '__wrapped__')
    for call in (thing, thing.from_pretrained):
        with pytest.raises(ImportError, match=r'^Needs x: install y\.$') as e:
            call(1, two=2)
        assert e.value.__cause__ is cause


def test_unusable_things_survive_pickling():
    thing = pickle.loads(pickle.dumps(Unusable('Needs x.')))
    with pytest.raises(ImportError, match='Needs x'):
        thing()
