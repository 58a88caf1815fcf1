"""Each adaptation acts where something is missing, and only there."""

import logging
import os
import sys
import warnings

import numpy as np
import pytest

from adacode_mm.hosts import compat
from adacode_mm.hosts.compat import (
    albumentations,
    bitsandbytes,
    diffusers,
    mmcv,
    transformers,
)


def test_numpy_has_bool8():
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')  # numpy 1.26 has it and warns
        assert np.bool8 is np.bool_


def test_applying_again_changes_and_logs_nothing(caplog):
    caplog.set_level(logging.DEBUG, 'adacode_mm.hosts.compat')
    modules, finders = dict(sys.modules), list(sys.meta_path)
    compat.apply()
    assert {**modules} == dict(sys.modules)
    assert finders == sys.meta_path
    assert not caplog.records


def test_the_users_choice_for_albumentations_is_kept(monkeypatch):
    monkeypatch.setenv('NO_ALBUMENTATIONS_UPDATE', '0')
    albumentations.apply()
    assert os.environ['NO_ALBUMENTATIONS_UPDATE'] == '0'
    monkeypatch.delenv('NO_ALBUMENTATIONS_UPDATE')
    albumentations.apply()
    assert os.environ['NO_ALBUMENTATIONS_UPDATE'] == '1'


def test_only_the_kernel_message_of_bitsandbytes_is_dropped(caplog):
    logger = logging.getLogger(bitsandbytes.LOGGER)
    bitsandbytes.apply()
    bitsandbytes.apply()
    logger.warning('Failed to load CPU gemm_4bit_forward from x: %s', 'y')
    logger.warning('Something else')
    assert [r.message for r in caplog.records] == ['Something else']


def test_mmcv_lite_gets_ops_that_say_what_to_install(fake, monkeypatch):
    fake({'fakecv/__init__.py': '', 'fakecv/ops.py': ''})
    monkeypatch.setattr(mmcv, 'MODULE', 'fakecv._ext')
    mmcv.apply()
    from fakecv import _ext

    sentence = (
        r'^The compiled op `nms` needs the full mmcv, .*'
        r'pip install --no-build-isolation mmcv==2\.1\.0`\.$'
    )
    with pytest.raises(ImportError, match=sentence):
        _ext.nms()


def test_a_full_mmcv_is_left_alone(fake, monkeypatch):
    fake({'fakecv/__init__.py': '', 'fakecv/_ext.py': 'nms = max'})
    monkeypatch.setattr(mmcv, 'MODULE', 'fakecv._ext')
    mmcv.apply()
    from fakecv import _ext

    assert _ext.nms(1, 2) == 2


def test_moved_modules_lead_to_their_new_place(fake, monkeypatch):
    fake({'moved/__init__.py': '', 'moved/new.py': 'Thing = 42'})
    monkeypatch.setattr(diffusers, 'MOVED', {'moved.old': 'moved.new'})
    monkeypatch.setattr(diffusers, 'DROPPED', {'moved.gone': ('Encoder',)})
    diffusers.apply()
    from moved.gone import Encoder
    from moved.old import Thing

    assert Thing == 42
    with pytest.raises(ImportError, match=r'moved\.gone\.Encoder is not part'):
        Encoder()
    with pytest.raises(ImportError, match='cannot import name'):
        from moved.gone import Misspelt
    with pytest.raises(ImportError, match='cannot import name'):
        from moved.old import Misspelt  # noqa: F401


def test_modules_in_their_old_place_are_left_alone(fake, monkeypatch):
    fake({f'stays/{x}.py': f'Thing = {x!r}' for x in ('__init__', 'old')})
    monkeypatch.setattr(diffusers, 'MOVED', {'stays.old': 'stays.new'})
    monkeypatch.setattr(diffusers, 'DROPPED', {'stays.old': ('Thing',)})
    diffusers.apply()
    from stays.old import Thing

    assert Thing == 'old'


def test_clips_image_processor_has_its_old_name():
    from transformers import CLIPImageProcessor
    from transformers.models.clip.feature_extraction_clip import (
        CLIPFeatureExtractor,
    )

    # transformers 4 has a subclass of that name
    assert issubclass(CLIPFeatureExtractor, CLIPImageProcessor)


def test_other_names_are_not_in_the_stand_in():
    with pytest.raises(AttributeError, match='Misspelt'):
        transformers._resolve('Misspelt')
