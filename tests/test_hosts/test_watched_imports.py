"""Actions run once, around the import of the module they wait for."""

import importlib
import sys

import pytest

from adacode_mm.hosts.watched_imports import ImportWatcher


@pytest.fixture
def watcher(monkeypatch):
    watcher = ImportWatcher()
    monkeypatch.setattr(sys, 'meta_path', [watcher, *sys.meta_path])
    return watcher


def test_before_and_after(fake, watcher):
    fake({'hosted/__init__.py': '', 'hosted/part.py': 'value = 3'})
    events = []
    watcher.before('hosted', lambda: events.append('before'))
    for number in (1, 2):
        watcher.after(
            'hosted.part',
            lambda number=number: events.append(
                (number, sys.modules['hosted.part'].value)
            ),
        )
    import hosted  # noqa: F401

    assert events == ['before']
    part = importlib.import_module('hosted.part')
    assert events == ['before', (1, 3), (2, 3)]
    importlib.reload(part)
    assert len(events) == 3
    assert type(part.__spec__.loader).__name__ == 'SourceFileLoader'


def test_what_is_imported_already_is_not_waited_for(watcher):
    events = []
    watcher.before('json', lambda: events.append('before'))
    watcher.after('json', lambda: events.append('after'))
    assert events == ['before', 'after']


def test_a_missing_module_stays_missing(watcher):
    events = []
    watcher.after('no_such_host', lambda: events.append('after'))
    with pytest.raises(ModuleNotFoundError):
        import no_such_host  # noqa: F401
    assert events == []
