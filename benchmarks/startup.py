"""Measure what starts cost: CPU seconds and peak memory of whole processes.

Medians of several processes, all ways in turn.
"""

import argparse
import importlib.util
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from adacode_mm.core.atomic_files import write_atomically

ADACODE = ['-m', 'adacode_mm.cli.main']
PHOTO = Path(__file__).parents[1] / 'tests/data/photos/chelsea_eyes_128.png'


# A child begins with the peak of whoever forks it: this one is small.
WATCHER = """
import os, sys, time
start = time.perf_counter()
pid = os.spawnv(os.P_NOWAIT, sys.argv[1], sys.argv[1:])
_, status, usage = os.wait4(pid, 0)
cpu = usage.ru_utime + usage.ru_stime
print('', cpu, time.perf_counter() - start, usage.ru_maxrss, file=sys.stderr)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def commands(folder: str) -> dict[str, list[str]]:
    """Name -> arguments of Python; results go to a folder."""
    out = ['-o', f'{folder}/out.png', '--overwrite', '--device', 'cpu']
    found = {
        'python -c pass': ['-c', 'pass'],
        'import torch': ['-c', 'import torch'],
        'adacode --help': [*ADACODE, '--help'],
        'adacode sr, 128x128': [*ADACODE, 'sr', str(PHOTO), *out],
    }
    if importlib.util.find_spec('spandrel'):
        found['import spandrel'] = ['-c', 'import spandrel']
    return found


def measure(arguments: Sequence[str]) -> dict[str, float]:
    """One process: seconds and the most memory that it had, in MiB.

    Raises:
        subprocess.CalledProcessError: If it fails.
    """
    command = [sys.executable, '-S', '-c', WATCHER, sys.executable, *arguments]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    cpu, wall, peak = map(float, found.stderr.split()[-3:])
    unit = 2**20 if sys.platform == 'darwin' else 2**10
    return {'cpu_seconds': cpu, 'wall_seconds': wall, 'peak_mib': peak / unit}


def benchmark(rounds: int) -> dict[str, dict[str, float]]:
    """Name -> medians."""
    with tempfile.TemporaryDirectory() as folder:
        ways = commands(folder)
        runs = {name: [] for name in ways}
        for number in range(rounds):
            for name, arguments in ways.items():
                print(f'{number + 1}/{rounds} {name}', file=sys.stderr)
                runs[name].append(measure(arguments))
    return {
        name: {
            key: round(statistics.median(run[key] for run in found), 3)
            for key in found[0]
        }
        for name, found in runs.items()
    }


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add('--rounds', type=int, default=5, help='processes of each')
    add(
        '--json',
        metavar='FILE',
        type=Path,
        help='write the record, for example benchmarks/records/startup.json',
    )
    args = parser.parse_args(argv)  # fmt: skip
    runs = benchmark(args.rounds)
    # Only now: this process would not be small otherwise.
    from benchmarks.make_page import startup
    from benchmarks.records import run_record

    words = sys.argv[1:] if argv is None else argv
    record = {
        **run_record(None, 0, 'cpu'),
        'command': f'python -m benchmarks.startup {" ".join(words)}'.strip(),
        'rounds': args.rounds,
        'runs': runs,
    }
    if args.json:
        write_atomically(args.json, json.dumps([record], indent=1) + '\n')
    print(startup([record]))


if __name__ == '__main__':
    main()
