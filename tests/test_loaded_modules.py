"""Which packages each command loads: starting is a matter of imports."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PHOTO = Path(__file__).parent / 'data/photos/chelsea_eyes_128.png'
TORCH = {'torch', 'torchvision'}
TRAINING = {
    'cv2',
    'diffusers',
    'gradio',
    'matplotlib',
    'mmagic',
    'mmcv',
    'mmengine.model',
    'mmengine.runner',
    'mmseg',
    'pandas',
    'scipy',
    'torch._dynamo',
    'transformers',
}
# A module runs in an interpreter of its own and says what it has loaded.
RUN = """
import json, sys
from adacode_mm.cli.main import main
try:
    code = main(sys.argv[2:])
except SystemExit as end:
    code = end.code or 0
names = json.loads(sys.argv[1])
print(json.dumps([code, [n for n in names if n in sys.modules]]))
"""


def loaded(*arguments, code=RUN):
    """Exit code of a command, and what of `TORCH | TRAINING` it loads."""
    done = subprocess.run(
        [sys.executable, '-c', code, json.dumps(sorted(TORCH | TRAINING))]
        + [str(each) for each in arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    exit_code, names = json.loads(done.stdout.splitlines()[-1])
    return exit_code, set(names)


@pytest.mark.parametrize(
    'arguments', [['--help'], ['--version'], ['sr', '--help'], ['models']]
)
def test_help_needs_no_torch(arguments):
    assert loaded(*arguments) == (0, set())


def test_every_commands_help_needs_no_torch():
    code = RUN.replace(
        'code = main(sys.argv[2:])',
        'from adacode_mm.cli.main import COMMANDS\n'
        '    code = 0\n'
        '    for name in COMMANDS:\n'
        '        try:\n'
        "            main([name, '--help'])\n"
        '        except SystemExit as end:\n'
        '            code += end.code or 0',
    )
    assert loaded(code=code) == (0, set())


def test_restoring_needs_torch_alone(tmp_path):
    exit_code, names = loaded('sr', PHOTO, '-o', tmp_path / 'large.png')
    assert exit_code == 0 and (tmp_path / 'large.png').is_file()
    assert names == {'torch'}


def test_nothing_left_to_do_needs_no_torch(tmp_path):
    folder = tmp_path / 'in'
    folder.mkdir()
    (folder / PHOTO.name).write_bytes(PHOTO.read_bytes())
    words = ['sr', folder, '-o', tmp_path / 'out']
    assert loaded(*words) == (0, {'torch'})
    assert loaded(*words) == (0, set())


IMPORTS = """
import json, sys
{statement}
names = json.loads(sys.argv[1])
print(json.dumps([0, [n for n in names if n in sys.modules]]))
"""


@pytest.mark.parametrize(
    ('statement', 'expected'),
    [
        ('import adacode_mm', set()),
        ('from adacode_mm import InputError', set()),
        ('from adacode_mm.apis import Restorer', {'torch'}),
        ('from adacode_mm import Restorer', {'torch'}),
        (
            'from adacode_mm.registry import MODELS; '
            "MODELS.build(dict(type='VectorQuantizer', num_embeddings=2, "
            'embedding_dim=2))',
            {'torch'},
        ),
    ],
)
def test_imports_are_light(statement, expected):
    code = IMPORTS.format(statement=statement)
    assert loaded(code=code) == (0, expected)


def test_a_script_called_adacode_is_a_script(tmp_path):
    """What is registered does not depend on the name of the program."""
    script = tmp_path / 'adacode'
    script.write_text(
        'import adacode_mm\n'
        'from mmengine.registry import MODELS\n'
        "print(MODELS.get('adacode_mm.VQLoss').__name__)\n"
    )
    done = subprocess.run(
        [sys.executable, script],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[1],
        env={'PYTHONPATH': str(Path(__file__).parents[1]), 'PATH': ''},
    )
    assert done.stdout.split() == ['VQLoss'], done.stderr
