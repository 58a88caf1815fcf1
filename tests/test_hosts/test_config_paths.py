"""Configs of this package as bases of a user's."""

import shutil

import adacode_mm  # noqa: F401 isort: skip  (before MMagic)
import pytest
from mmengine.config import Config
from tiny_stages import CONFIGS, TINY

from adacode_mm.core.exceptions import ConfigError
from adacode_mm.hosts.mmagic import our_models


def write(folder, base):
    path = folder / 'mine.py'
    path.write_text(f"_base_ = '{base}'\nwork_dir = 'mine'\n")
    return path


def read(path):
    return Config.fromfile(path).to_dict()


def test_a_base_of_this_package(tmp_path):
    mine = read(write(tmp_path, 'adacode_mm::adacode/tiny/stage1_arch.py'))
    assert mine == {**read(TINY / 'stage1_arch.py'), 'work_dir': 'mine'}


def test_a_base_in_an_installed_package(tmp_path, monkeypatch):
    """Where the configs are in `.mim`, as in a wheel."""
    package = tmp_path / 'site-packages' / 'adacode_mm'
    shutil.copytree(CONFIGS, package / '.mim' / 'configs')
    monkeypatch.setattr(our_models, '_PACKAGE', package)
    mine = read(write(tmp_path, 'adacode_mm::adacode/tiny/stage1_arch.py'))
    assert mine['model'] == read(TINY / 'stage1_arch.py')['model']
    # The photographs of the tests are in no wheel.
    assert mine['data_root'].startswith(str(package))


def test_a_base_of_mmagic_still_works(tmp_path):
    mine = read(
        write(
            tmp_path,
            'mmagic::srgan_resnet/srgan_x4c64b16_1xb16-1000k_div2k.py',
        )
    )
    assert mine['model']['type'] == 'SRGAN'


@pytest.mark.parametrize(
    ('name', 'fact'),
    [
        ('adacode/tiny/stage1_arch', 'adacode/tiny/stage1_arch.py'),
        ('adacode/tiny/stage9.py', str(CONFIGS)),
    ],
)
def test_a_base_that_is_not_there(tmp_path, name, fact):
    with pytest.raises(ConfigError) as caught:
        read(write(tmp_path, f'adacode_mm::{name}'))
    assert fact in str(caught.value)
