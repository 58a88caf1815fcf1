import argparse
import multiprocessing
import os
import subprocess
import sys
from importlib import import_module
from importlib.metadata import distribution

import pytest

import adacode_mm
from adacode_mm.cli import main as program
from adacode_mm.cli import sr
from adacode_mm.cli.main import COMMANDS, main
from adacode_mm.cli.model_options import PADDINGS, TILES, add_model_options
from adacode_mm.core.exceptions import InputError
from adacode_mm.models.layers.padding import RULES
from adacode_mm.restoring.restore import TILES as KNOWN


def test_the_overview_lists_every_command(capsys):
    with pytest.raises(SystemExit) as end:
        main(['--help'])
    assert end.value.code == 0
    text = capsys.readouterr().out
    assert all(f'\n    {name}' in text for name in COMMANDS)
    assert 'Fill holes of images' in text


@pytest.mark.parametrize('name', COMMANDS)
def test_summaries_have_one_style(name):
    summary = import_module(f'adacode_mm.cli.{name}').SUMMARY
    assert summary[0].isupper() and summary.endswith('.')
    assert len(summary) < 70


def test_nothing_and_nonsense_end_with_2(capsys):
    assert main([]) == 2
    assert 'usage: adacode' in capsys.readouterr().err
    with pytest.raises(SystemExit) as end:
        main(['enlarge', 'a.png'])
    assert end.value.code == 2
    assert "invalid choice: 'enlarge'" in capsys.readouterr().err
    with pytest.raises(SystemExit) as end:
        main(['--version'])
    assert adacode_mm.__version__ in capsys.readouterr().out


@pytest.mark.parametrize('name', COMMANDS)
def test_every_command_has_help(name, capsys):
    with pytest.raises(SystemExit) as end:
        main([name, '--help'])
    assert end.value.code == 0
    text = capsys.readouterr().out
    assert f'usage: adacode {name}' in text and '--' in text


@pytest.mark.parametrize(
    ('error', 'code', 'sentence'),
    [
        (InputError('It is not so.'), 2, 'adacode sr: error: It is not so.'),
        (KeyboardInterrupt(), 130, 'adacode sr: interrupted.'),
        (MemoryError(), 2, 'adacode sr: error: It needs more memory'),
    ],
)
def test_errors_are_one_line(error, code, sentence, monkeypatch, capsys):
    def fail(args):
        raise error

    monkeypatch.setattr(sr, 'run', fail)
    assert main(['sr', 'a.png', '-o', 'out']) == code
    text = capsys.readouterr().err
    assert text.startswith(sentence) and text.count('\n') == 1


def test_a_defect_of_the_program_keeps_its_traceback(monkeypatch):
    def fail(args):
        raise RuntimeError('a defect')

    monkeypatch.setattr(sr, 'run', fail)
    with pytest.raises(RuntimeError, match='a defect'):
        main(['sr', 'a.png', '-o', 'out'])


def test_the_program_is_installed_with_the_package():
    (line,) = [
        entry
        for entry in distribution('adacode-mm').entry_points
        if entry.name == 'adacode' and entry.group == 'console_scripts'
    ]
    assert line.load() is program.main


def parsed(*words):
    parser = argparse.ArgumentParser()
    add_model_options(parser)
    return parser.parse_args(words)


def test_model_options():
    args = parsed('--dtype', 'bf16', '--tile', '12')
    assert (args.dtype, args.tile) == ('bfloat16', 12)
    args = parsed()
    assert (args.model, args.device, args.dtype, args.tile) == (
        None,
        'auto',
        'float32',
        'auto',
    )


@pytest.mark.parametrize(
    'words',
    [('--tile', '0'), ('--tile', 'small'), ('--dtype', 'int8')],
)
def test_wrong_model_options(words, capsys):
    with pytest.raises(SystemExit) as end:
        parsed(*words)
    assert end.value.code == 2 and words[1] in capsys.readouterr().err


def test_tiles_and_paddings_are_those_of_the_restorer():
    assert set(TILES) == set(KNOWN)
    assert set(PADDINGS) == set(RULES)


def test_a_reader_that_closes_is_no_defect(capfd):
    """`adacode ... | head -1`: the rest is not written, without a word."""
    context = multiprocessing.get_context('fork')
    process = context.Process(target=write_to_nobody)
    process.start()
    process.join(60)
    assert process.exitcode == 1
    assert capfd.readouterr().err == ''


def write_to_nobody():
    """In a process of its own."""
    reader, writer = os.pipe()
    os.close(reader)
    os.dup2(writer, 1)
    sys.stdout = os.fdopen(1, 'w')
    sr.run = lambda args: print('a line\n' * 100_000, flush=True)
    code = main(['sr', 'a.png', '-o', 'out'])
    sys.stdout.flush()
    sys.exit(code)


HELP = """
import sys
sys.argv = ['adacode', *{words}]
try:
    from adacode_mm.cli.main import main
    main()
finally:
    heavy = {{'torch', 'mmengine', 'mmagic', 'cv2'}} & set(sys.modules)
    print('imported:', sorted(heavy), file=sys.stderr)
"""


@pytest.mark.parametrize(
    'words', [['--help'], *([name, '--help'] for name in COMMANDS)], ids=str
)
def test_help_does_not_wait_for_mmagic(words):
    result = subprocess.run(
        [sys.executable, '-c', HELP.format(words=words)],
        capture_output=True,
        text=True,
    )
    assert result.stdout.startswith('usage: adacode')
    assert result.stderr == 'imported: []\n'
