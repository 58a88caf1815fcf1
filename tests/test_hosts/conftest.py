"""Packages that exist for one test."""

import sys

import pytest


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """Makes packages from {'pkg/module.py': source}; removes them again."""
    monkeypatch.syspath_prepend(tmp_path)
    modules, finders = set(sys.modules), list(sys.meta_path)

    def make(files):
        for name, source in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source)

    yield make
    sys.meta_path[:] = finders
    for name in set(sys.modules) - modules:
        del sys.modules[name]
