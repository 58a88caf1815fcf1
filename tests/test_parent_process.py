"""No process is left when torchrun is killed."""

import os
import subprocess
import sys
from pathlib import Path

FILE = Path(__file__).parents[1] / 'adacode_mm/parent_process.py'
CHILD = f"""
import runpy, time
runpy.run_path({str(FILE)!r})['end_with_torchrun']()
print('started', flush=True)
time.sleep(120)
"""
PARENT = f"""
import subprocess, sys
subprocess.run([sys.executable, '-c', {CHILD!r}])
"""


def test_the_processes_of_a_killed_torchrun_end():
    parent = subprocess.Popen(
        [sys.executable, '-c', PARENT],
        stdout=subprocess.PIPE,
        env={**os.environ, 'TORCHELASTIC_RUN_ID': 'x'},
    )
    assert parent.stdout.readline() == b'started\n'
    parent.kill()
    # It comes to an end when no process has it open any more.
    assert parent.communicate(timeout=60) == (b'', None)
