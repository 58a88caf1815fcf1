"""The text of a training config is read, not run."""

import pytest
from mmengine.config import Config
from tiny_stages import CONFIGS

from adacode_mm.checkpoints.config_text import generator_config
from adacode_mm.core.exceptions import CheckpointError

CONFIG_FILES = [
    CONFIGS / 'adacode' / 'tiny' / 'stage3_sr_x4.py',
    CONFIGS / 'adacode' / 'stage3_inpaint.py',
    CONFIGS / 'vqgan' / 'tiny' / 'vqgan_1024x512.py',
]


def as_lists(node):
    if isinstance(node, dict):
        return {key: as_lists(value) for key, value in node.items()}
    if isinstance(node, list | tuple):
        return [as_lists(value) for value in node]
    return node


@pytest.mark.parametrize('path', CONFIG_FILES, ids=lambda path: path.stem)
def test_the_generator_of_our_configs_is_found(path):
    cfg = Config.fromfile(path)
    found = generator_config(cfg.pretty_text, 'a file')
    assert found == as_lists(cfg.model.generator.to_dict())


def test_both_ways_to_write_a_dict_are_understood():
    text = "model = {'generator': dict(a={'b': (1, -2.5)}, c=[None, True])}"
    assert generator_config(text, 'a file') == {
        'a': {'b': [1, -2.5]},
        'c': [None, True],
    }


def test_the_last_word_counts():
    text = 'model = dict(generator=dict(a=1))\nmodel = dict(generator=dict())'
    assert generator_config(text, 'a file') == {}


@pytest.mark.parametrize(
    'text',
    ['', 'a = 1', 'model = dict(x=1)', 'model = f()', 'model.generator = 1'],
)
def test_no_generator_is_none(text):
    assert generator_config(text, 'a file') is None


@pytest.mark.parametrize(
    'value',
    [
        '__import__("os").system("true")',
        'dict(a=open("x", "w"))',
        'dict(**{})',
        '{**{}}',
        'list(range(10 ** 9))',
        '[0] * 10 ** 12',
        'dict([(1, 2)])',
        'name',
        '2 ** 3',
    ],
)
def test_what_would_have_to_run_is_refused(value):
    text = f'model = dict(generator=dict(encoder={value}))'
    with pytest.raises(CheckpointError, match='which is not run'):
        generator_config(text, 'a file')


@pytest.mark.parametrize(
    'text', ['model = (', 'x' * 2_000_001, '(' * 5000, 'a\0b']
)
def test_what_is_no_source_is_told(text):
    with pytest.raises(CheckpointError, match='should be Python source'):
        generator_config(text, "'my.pth'")
