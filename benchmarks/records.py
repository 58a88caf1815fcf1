"""What a measurement means nothing without: machine, commit, method."""

import contextlib
import importlib
import json
import os
import platform
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from pathlib import Path

import torch
from torch.utils.benchmark import Timer

from adacode_mm.core.atomic_files import write_atomically
from adacode_mm.core.exceptions import InputError
from adacode_mm.core.parent_process import end_with_parent

ROOT = Path(__file__).resolve().parents[1]


def run_record(config: str | None, seed: int, device: str) -> dict:
    """Machine, commit and versions of this moment."""
    path = config and Path(config).resolve()
    if path and ROOT in path.parents:
        config = str(path.relative_to(ROOT))
    return {
        'time': datetime.now(timezone.utc).isoformat(timespec='seconds'),
        'commit': _commit(),
        'config': config and str(config),
        'seed': seed,
        'device': device,
        'machine': _machine(device),
        'cpu_count': os.cpu_count(),
        'threads': torch.get_num_threads(),
        'load_average': [round(x, 1) for x in os.getloadavg()],
        'torch': torch.__version__,
        'python': platform.python_version(),
    }


def command(name: str) -> str:
    """The command line of this process, for a record."""
    return shlex.join(['python', '-m', f'benchmarks.{name}', *sys.argv[1:]])


def append_record(path: str | os.PathLike, record: dict) -> None:
    """Add a record to a JSON list in a file, written atomically.

    Raises:
        InputError: If the file holds something else.
    """
    path = Path(path)
    records = []
    if path.is_file():
        records = None
        with contextlib.suppress(json.JSONDecodeError):
            records = json.loads(path.read_text(encoding='utf-8'))
        if not isinstance(records, list):
            raise InputError(
                f'{path} must hold a JSON list of records: name another file.'
            )
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, json.dumps([*records, record], indent=1) + '\n')


def provenances(records: Sequence[dict]) -> str:
    """A line for each different machine, commit, day and command."""
    lines = []
    for record in records:
        place = record.get('machine') or 'an unknown machine'
        if record.get('device', 'cpu') == 'cpu' and record.get('threads'):
            place += f', {record["threads"]} threads'
        lines.append(
            f'- {place}; commit {record.get("commit") or "unknown"}; PyTorch '
            f'{record.get("torch", "unknown")}; '
            f'{str(record.get("time", "unknown"))[:10]}.'
        )
        if record.get('command'):
            lines[-1] += f' `{command_of_today(record["command"])}`'
    return '\n'.join(dict.fromkeys(lines))


def command_of_today(command):
    """Records of before 2026-12 name programs by their places of then.

    A program that is gone keeps its name: the commit has it.
    """
    moved = re.match(r'tools/analysis_tools/(?:benchmark_)?(\w+)\.py', command)
    if not moved or not (ROOT / f'benchmarks/{moved[1]}.py').is_file():
        return command
    words = command[moved.end() :].replace(
        ' benchmarks/', ' benchmarks/records/'
    )
    return f'python -m benchmarks.{moved[1]}{words}'


def clock(function: Callable[[], object], iters: int) -> dict[str, float]:
    """Wall and CPU seconds of a call, each over `iters` after a warm-up."""
    found = {}
    for name, timer in (
        ('wall_seconds', time.perf_counter),
        ('cpu_seconds', time.process_time),
    ):
        if torch.cuda.is_available():
            timer = _synchronised(timer)
        threads = torch.get_num_threads()
        timed = Timer(
            'f()', timer=timer, globals={'f': function}, num_threads=threads
        )
        found[name] = timed.timeit(iters).median
    return found


def in_a_process(module: str, arguments: dict) -> dict:
    """Result of `measure(**arguments)` of a module, in a process of its own.

    Raises:
        InputError: If that raises one.
    """
    command = [sys.executable, '-m', __name__, module, json.dumps(arguments)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        *_, reason = ['no output', *done.stderr.strip().splitlines()]
        if not reason.startswith('error: '):
            sys.stderr.write(done.stderr)  # a fault of ours
        raise InputError(f'Cannot measure: {reason.removeprefix("error: ")}')
    return json.loads(done.stdout)


def run_main(main: Callable[[], object]) -> None:
    """A command: errors of the user are one sentence, not a traceback."""
    try:
        sys.exit(main())
    except InputError as error:
        sys.exit(f'error: {error}')
    except KeyboardInterrupt:
        print('interrupted: call it again.', file=sys.stderr)
        sys.exit(130)


@contextlib.contextmanager
def part_clock(parts: dict[str, list[torch.nn.Module]], device: str):
    """Seconds that the modules of each part take inside of the block."""
    seconds, begun, handles = dict.fromkeys(parts, 0.0), {}, []

    def now():
        if device != 'cpu':
            torch.cuda.synchronize()
        return time.perf_counter()

    def begin(module, args):
        begun[module] = now()

    for part, modules in parts.items():

        def end(module, args, output, part=part):
            seconds[part] += now() - begun[module]

        for module in modules:
            handles.append(module.register_forward_pre_hook(begin))
            handles.append(module.register_forward_hook(end))
    start = now()
    try:
        yield seconds
    finally:
        seconds['other'] = now() - start - sum(seconds.values())
        for handle in handles:
            handle.remove()


def reset_peak(device: str) -> None:
    """Forget the peak of memory so far, where the system can."""
    if device != 'cpu':
        torch.cuda.reset_peak_memory_stats()
        return
    with contextlib.suppress(OSError):
        Path('/proc/self/clear_refs').write_text('5')


def peak_mib(device: str) -> float:
    """MiB at the peak: resident on the CPU, allocated on a GPU."""
    if device != 'cpu':
        return torch.cuda.max_memory_allocated() / 2**20
    try:
        status = Path('/proc/self/status').read_text()
        return int(status.partition('VmHWM:')[2].split()[0]) / 1024
    except OSError:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _synchronised(timer):
    def now():
        torch.cuda.synchronize()
        return timer()

    return now


def _commit():
    """Commit of the checkout, marked if there are changes."""
    command = ['git', 'describe', '--always', '--dirty', '--abbrev=12']
    with contextlib.suppress(OSError, subprocess.CalledProcessError):
        return subprocess.check_output(command, cwd=ROOT, text=True).strip()
    return None


def _machine(device):
    if device != 'cpu':
        return torch.cuda.get_device_name()
    with contextlib.suppress(OSError):
        text = Path('/proc/cpuinfo').read_text()
        name = text.partition('model name')[2].partition('\n')[0]
        return name.lstrip('\t: ') or platform.processor()
    return platform.processor()


def _child():
    end_with_parent()
    module, arguments = sys.argv[1:]
    out, sys.stdout = sys.stdout, sys.stderr  # logs are not the result
    try:
        found = importlib.import_module(module).measure(
            **json.loads(arguments)
        )
    except InputError as error:
        sys.exit(f'error: {error}')
    print(json.dumps(found), file=out)


if __name__ == '__main__':
    _child()
