"""README and docs: links lead somewhere, commands parse, snippets run."""

import argparse
import re
import runpy
import shlex
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import setuptools
from PIL import Image

from adacode_mm.cli.main import main

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    [
        ROOT / 'README.md',
        ROOT / 'CONTRIBUTING.md',
        *(ROOT / 'docs').glob('*.md'),
        *(ROOT / 'configs').glob('*/README.md'),
        ROOT / 'adacode_mm/weights/README.md',
    ]
)
PAGE = pytest.mark.parametrize(
    'page', PAGES, ids=lambda page: str(page.relative_to(ROOT))
)
PHOTO = ROOT / 'tests/data/photos/coffee_odd_131x97.png'
SHELL_WORDS = {'for', 'do', 'done', 'export', 'mkdir', 'cd', 'ls', 'source'}
OTHER_PROGRAMS = {
    'docker',
    'ray',
    'git',
    'grep',
    'head',
    'sha256sum',
    'tail',
    'tensorboard',
}


def blocks(page, language):
    return re.findall(
        rf'^```{language}\n(.*?)^```', page.read_text(), re.DOTALL | re.M
    )


def headings(page):
    """Anchors as GitHub makes them."""
    titles = re.findall(r'^#+ (.+)$', page.read_text(), re.MULTILINE)
    return {
        re.sub(r'[^\w -]', '', title.lower()).replace(' ', '-')
        for title in titles
    }


@PAGE
def test_links_lead_to_files_and_headings(page):
    for target in re.findall(r'\]\(([^)\s]+)\)', page.read_text()):
        if target.startswith(('http://', 'https://')):
            continue
        path, _, anchor = target.partition('#')
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), target
        if anchor:
            assert anchor in headings(linked), target


@PAGE
def test_every_block_names_its_language(page):
    opened = re.findall(r'^```(.*)$', page.read_text(), re.MULTILINE)[::2]
    assert set(opened) <= {'bash', 'python', 'text'}


class Parsed(Exception):  # noqa: N818
    """Options were understood: nothing runs."""


@pytest.fixture
def parsing(monkeypatch):
    """Programs end after they have parsed their options."""
    parse_args = argparse.ArgumentParser.parse_args

    def parse(self, args=None, namespace=None):
        parse_args(self, args, namespace)
        raise Parsed

    monkeypatch.setattr(argparse.ArgumentParser, 'parse_args', parse)
    monkeypatch.setattr(sys, 'path', list(sys.path))

    def check(start, argv):
        monkeypatch.setattr(sys, 'argv', argv)
        with pytest.raises(Parsed):
            start()

    return check


def commands(page):
    """Words of each command, without assignments and redirections."""
    assigned = {}
    for block in blocks(page, 'bash'):
        lines = block.replace('\\\n', ' ')
        assigned |= re.findall(r'^(\w+)=("[^"]*"|\S+)$', lines, re.MULTILINE)
        for name, value in assigned.items():
            lines = lines.replace(f'${name}', value.strip('"'))
        if 'python -c' in lines:  # a program, over several lines
            continue
        for line in lines.splitlines():
            lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
            lexer.whitespace_split = True
            yield from simple_commands([*lexer])


def simple_commands(words):
    command = []
    for before, word in pairwise([';', *words, ';']):
        if before in ('<', '>'):  # a file that is read or written
            continue
        if word in ('<', '>') or word.strip(';|&()'):
            if word not in ('<', '>'):
                command.append(word)
            continue
        while command and (command[0] == 'do' or '=' in command[0]):
            command.pop(0)
        if command:
            yield command
        command = []


def extras():
    """Names of setup.py."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(setuptools, 'setup', lambda **_: None)
        return runpy.run_path(str(ROOT / 'setup.py'))['EXTRAS_REQUIRE']


@PAGE
def test_commands_are_understood(page, parsing, monkeypatch):
    monkeypatch.chdir(ROOT)
    for words in commands(page):
        program, rest = words[0], words[1:]
        for path in rest:
            if re.fullmatch(r'(configs|tools|tests)/[\w/.-]+', path):
                assert Path(path).exists(), words
        if program == 'torchrun':
            start = next(
                i for i, w in enumerate(rest) if w == '-m' or '.py' in w
            )
            program, rest = 'python', rest[start:]
        if program == 'adacode':
            parsing(main, ['adacode', *rest])
        elif program == 'python' and rest[0] == '-m':
            name = rest[1]
            parsing(
                lambda name=name: runpy.run_module(name, run_name='__main__'),
                [name, *rest[2:]],
            )
        elif program == 'python':
            sys.path.insert(0, str(Path(rest[0]).parent))
            parsing(
                lambda path=rest[0]: runpy.run_path(path, run_name='__main__'),
                rest,
            )
        elif program == 'make':
            goals = [word for word in rest if '=' not in word]
            rules = Path('Makefile').read_text()
            assert all(f'\n{goal}:' in rules for goal in goals), words
        elif program == 'pip':
            asked = re.findall(r'\[([\w,]+)\]', ' '.join(rest))
            known = extras() if asked else {}
            assert all(e in known for a in asked for e in a.split(','))
        elif program.startswith('tools/'):
            assert Path(program).is_file(), words
        else:
            known = SHELL_WORDS | OTHER_PROGRAMS
            assert program in known, words


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A folder with the files that the snippets open."""
    monkeypatch.chdir(tmp_path)
    photo = Image.open(PHOTO).crop((0, 0, 40, 36))
    for name in ('photo.png', 'photo.jpg', 'a.png', 'b.png', 'scan.tif'):
        photo.save(name)
    mask = np.zeros((36, 40), np.uint8)
    mask[10:20, 10:30] = 255
    Image.fromarray(mask).save('mask.png')
    return tmp_path


def run_snippets(page, without='from mmagic'):
    scope = {'__name__': page.stem}
    for block in blocks(page, 'python'):
        if without in block:  # see test_mixing/test_mmagic_page.py
            continue
        exec(compile(block, str(page), 'exec'), scope)
    return scope


def size(path):
    with Image.open(path) as image:
        return image.size


def test_readme_runs(desk):
    scope = run_snippets(ROOT / 'README.md')
    assert scope['restored'].shape == (144, 160, 3)


def test_python_page_runs(desk):
    scope = run_snippets(ROOT / 'docs/python.md')
    assert scope['restored'].shape == (144, 160, 3)
    assert scope['filled'].shape == (36, 40, 3)
    assert scope['seen'].weight.shape[0] == 5
    assert size('restored.png') == (160, 144)


def test_weights_page_runs(desk):
    scope = run_snippets(ROOT / 'docs/weights.md')
    assert (scope['info'].task, scope['info'].scale) == ('sr', 4)
    assert Path('x4.safetensors').is_file()


def test_evaluation_page_runs(desk, capsys):
    scope = run_snippets(ROOT / 'docs/evaluation.md')
    assert {m.metric for m in scope['metrics']} == {'PSNR', 'SSIM'}
    assert all(m.values for m in scope['metrics'])


def test_export_page_opens_what_its_command_writes(desk):
    page = ROOT / 'docs/export.md'
    words = next(w for w in commands(page) if w[:2] == ['adacode', 'export'])
    assert main(words[1:]) == 0
    scope = run_snippets(page)
    assert scope['about']['scale'] == '4'
    assert size('restored.png') == (160, 144)


def test_speed_page_runs(desk):
    scope = run_snippets(ROOT / 'docs/speed.md')
    assert scope['out'].image.shape == (1, 3, 256, 256)


TESTED_ELSEWHERE = {
    'mmagic.md',  # tests/test_mixing/test_mmagic_page.py
    'varformer.md',  # needs VarFormer's file; tests/test_models/test_varformer
}


def test_every_page_with_snippets_is_run():
    """A page that shows Python has a test in this file."""
    source = Path(__file__).read_text()
    for page in PAGES:
        if blocks(page, 'python') and page.name not in TESTED_ELSEWHERE:
            assert f"{page.relative_to(ROOT)}'" in source, page
