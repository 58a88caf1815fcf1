"""Finding packages without pkg_resources, as mmengine does with it."""

import importlib
from importlib.metadata import PackageNotFoundError

import pytest
from mmengine.utils import package_utils

from adacode_mm.hosts.compat import mmengine


@pytest.mark.parametrize(
    'package', ['mmagic', 'mmengine', 'mmsegmentation', 'mmseg', 'mmcv']
)
def test_installed_packages_have_the_path_that_mmengine_finds(package):
    module = {'mmsegmentation': 'mmseg'}.get(package, package)
    expected = importlib.import_module(module).__path__[0]
    assert mmengine.get_installed_path(package) == expected
    assert mmengine.is_installed(package)
    if package_utils.get_installed_path is not mmengine.get_installed_path:
        assert package_utils.get_installed_path(package) == expected


def test_missing_packages():
    assert not mmengine.is_installed('no-such-package')
    assert not mmengine.is_installed('no_such_package')
    with pytest.raises(PackageNotFoundError, match='no-such-package'):
        mmengine.get_installed_path('no-such-package')


def test_namespace_packages_have_no_path(tmp_path, monkeypatch):
    (tmp_path / 'namespace').mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    assert not mmengine.is_installed('namespace')
    with pytest.raises(RuntimeError, match='namespace package'):
        mmengine.get_installed_path('namespace')


def test_module_of_a_distribution():
    assert mmengine.package2module('mmsegmentation') == 'mmseg'
    # ruff's wheel has no top_level.txt
    with pytest.raises(ValueError, match='can not infer the module name'):
        mmengine.package2module('ruff')
