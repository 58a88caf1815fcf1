"""`import adacode_mm` in a new interpreter, and MMagic after it."""

import importlib.metadata
import json
import subprocess
import sys
from textwrap import dedent

import pytest

# One interpreter for all tests here: MMagic takes seconds to import.
SOURCE = """
    import json, sys
    sys.modules['pkg_resources'] = None  # as if setuptools >= 82

    import adacode_mm
    import mmagic.models, mmagic.datasets, mmagic.evaluation
    import mmagic.engine, mmagic.visualization, mmagic.apis
    import mmseg.apis
    for stream in (sys.stdout, sys.stderr):
        print('imported', file=stream, flush=True)

    import torch
    from mmcv.ops import nms
    from mmengine.config import Config

    try:
        nms(torch.zeros(1, 4), torch.zeros(1), 0.5)
        said = None
    except ImportError as error:
        said = str(error)
    base = Config.fromfile(sys.argv[1])
    print(json.dumps({'op': said, 'scope': base.default_scope}))
"""


@pytest.fixture(scope='module')
def finished(tmp_path_factory):
    """The interpreter after its end, with all that it wrote."""
    config = tmp_path_factory.mktemp('config') / 'based.py'
    config.write_text("_base_ = 'mmagic::_base_/default_runtime.py'\n")
    done = subprocess.run(
        [sys.executable, '-c', dedent(SOURCE), config],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope='module')
def result(finished):
    """What the interpreter found."""
    return json.loads(finished.stdout.splitlines()[-1])


def test_importing_says_nothing(finished):
    assert finished.stdout.partition('imported')[0] == ''
    assert finished.stderr.partition('imported')[0] == ''


def test_configs_of_mmagic_can_be_inherited_from(result):
    assert result['scope'] == 'mmagic'


def test_a_missing_op_says_what_to_install(result):
    try:
        importlib.metadata.version('mmcv-lite')
    except importlib.metadata.PackageNotFoundError:
        pytest.skip('the full mmcv is installed here')
    assert result['op'].startswith(
        'The compiled op `nms` needs the full mmcv, and mmcv-lite is installed'
    )
    assert 'mmcv==2.1.0' in result['op']
