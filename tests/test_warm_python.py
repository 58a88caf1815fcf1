"""A fork ends, and is ended, as a new process would be."""

import os
import signal
import subprocess
import sys

import pytest

SEEN = """
import os, sys
print(os.getcwd(), os.environ.get('MINE'), os.environ.get('PYTHONPATH'))
print(sys.argv, sys.executable, sys.stdin.read())
print('error', file=sys.stderr)
"""


def run(python, *arguments, **options):
    return subprocess.run(
        [python, *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        **options,
    )


def test_it_has_what_the_caller_has(warm_python, tmp_path):
    """Folder, environment, arguments, open files, and where it looks."""
    script = tmp_path / 'script.py'
    script.write_text(f'import beside\n{SEEN}\nsys.exit(beside.STATUS)')
    (tmp_path / 'beside.py').write_text('STATUS = 5')
    done = run(
        warm_python,
        *('-u', str(script), 'a', '-b'),
        cwd=tmp_path,
        env={'MINE': 'x'},
        input='typed',
    )
    assert done.stderr == 'error\n'
    assert done.stdout.splitlines() == [
        f'{tmp_path} x None',
        f'{[str(script), "a", "-b"]} {warm_python} typed',
    ]
    assert done.returncode == 5


@pytest.mark.parametrize(
    ('code', 'status', 'error'),
    [
        ('pass', 0, ''),
        ('import sys; sys.exit("a sentence")', 1, 'a sentence\n'),
        ('import os; os.kill(os.getpid(), 9)', -signal.SIGKILL, ''),
    ],
)
def test_its_end_is_passed_on(warm_python, code, status, error):
    done = run(warm_python, '-W', 'ignore', '-c', code)
    assert (done.returncode, done.stderr) == (status, error)


def test_a_module_and_its_traceback(warm_python, tmp_path):
    (tmp_path / 'wrong.py').write_text('import atexit\n1 / 0')
    done = run(warm_python, '-m', 'wrong', cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.endswith('ZeroDivisionError: division by zero\n')


def test_no_two_have_the_same_random_numbers(warm_python):
    code = 'import random, torch, numpy as np; print('
    code += 'random.random(), np.random.rand(), torch.rand(1).item())'
    drawn = [run(warm_python, '-c', code).stdout.split() for _ in range(2)]
    assert len({*drawn[0], *drawn[1]}) == 6


@pytest.mark.parametrize('number', [signal.SIGKILL, signal.SIGTERM])
def test_it_does_not_outlive_who_asked_for_it(warm_python, number):
    code = 'import time; print(1, flush=True); time.sleep(300)'
    asking = subprocess.Popen(
        [warm_python, '-c', code], stdout=subprocess.PIPE
    )
    assert asking.stdout.readline() == b'1\n'
    asking.send_signal(number)
    # It comes to an end when no process has it open any more.
    assert asking.communicate(timeout=60) == (b'', None)
    assert asking.returncode == -number


def test_it_has_imported_before(warm_python):
    """Or there would be no use in it."""
    code = 'import sys; print("mmagic.apis" in sys.modules)'
    assert run(warm_python, '-c', code).stdout == 'True\n'
    assert run(sys.executable, '-c', code).stdout == 'False\n'
    assert os.access(warm_python, os.X_OK)
