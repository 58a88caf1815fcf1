"""No process is left when the one that started it is killed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

FILE = Path(__file__).parents[2] / 'adacode_mm/core/parent_process.py'
CHILD = f"""
import runpy, sys, time
runpy.run_path({str(FILE)!r})[sys.argv[1]]()
print('started', flush=True)
time.sleep(120)
"""
PARENT = f"""
import subprocess, sys
subprocess.run([sys.executable, '-c', {CHILD!r}, sys.argv[1]])
"""


@pytest.mark.parametrize(
    ('function', 'environment'),
    [
        ('end_with_parent', {}),
        ('end_with_torchrun', {'TORCHELASTIC_RUN_ID': 'x'}),
    ],
)
def test_the_processes_of_a_killed_parent_end(function, environment):
    parent = subprocess.Popen(
        [sys.executable, '-c', PARENT, function],
        stdout=subprocess.PIPE,
        env={**os.environ, **environment},
    )
    assert parent.stdout.readline() == b'started\n'
    parent.kill()
    # It comes to an end when no process has it open any more.
    assert parent.communicate(timeout=60) == (b'', None)
