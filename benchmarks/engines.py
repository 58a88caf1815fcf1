"""What the engines cost: `python -m benchmarks.engines [--out FILE]`.

Two tables: 500 pictures of 64x64 that are read and written and not computed,
by each engine; and images a second of the small x4 network with 1 and 2
workers. Starting the workers is included.
"""

import argparse
import os
import platform
import tempfile
import time
from contextlib import closing
from pathlib import Path

import numpy as np
from PIL import Image

from adacode_mm.cli.main import main as adacode
from adacode_mm.core.atomic_files import write_atomically
from adacode_mm.work.engines.local import run_local
from adacode_mm.work.engines.ray import run_ray
from adacode_mm.work.journal import Journal
from adacode_mm.work.places import read_bytes, write_bytes
from adacode_mm.work.report import Books, Fate, ProgressBar, Report

SIZE = 64
RECORD = Path(__file__).parent / 'records' / 'engines.md'


class Copying:
    """A task that only reads and writes."""

    def __init__(self, source: Path, target: Path):
        self.source, self.target = source, target

    def open(self, threads: int | None = None) -> None:
        """Nothing to load."""

    def load(self, name: str) -> bytes:
        """The file."""
        return read_bytes(self.source / name)

    def size(self, content: bytes) -> int:
        """Pixels."""
        return SIZE**2

    def kind(self, content: bytes) -> int:
        """All are alike."""
        return 0

    def compute(self, batch: list, progress) -> list:
        """The same."""
        return batch

    def save(self, name: str, content: bytes) -> Fate:
        """The file again."""
        write_bytes(self.target / name, content)
        return Fate('done', (name, {}))


def overhead(folder: Path, count: int) -> dict[str, float]:
    """Seconds for copying pictures by each engine, start included."""
    source = folder / 'in'
    names = write_pictures(source, count)
    engines = {
        'local, 1 process': lambda *x: run_local(*x),
        'local, 2 processes': lambda *x: run_local(*x, workers=2),
        'ray, 1 worker': lambda *x: run_ray(*x, workers=1),
        'ray, 2 workers': lambda *x: run_ray(*x, workers=2),
        'ray, 2 workers, 16 at a time': lambda *x: run_ray(
            *x, workers=2, batch_size=16
        ),
    }
    seconds = {}
    for number, (label, run) in enumerate(engines.items()):
        target = folder / str(number)
        report = Report()
        with (
            Journal(target, 'copy') as journal,
            closing(ProgressBar(count, hidden=True)) as bar,
        ):
            books = Books(
                report,
                bar,
                journal.begin,
                lambda name, result, journal=journal: journal.record(*result),
            )
            start = time.perf_counter()
            run(Copying(source, target), [(x, x) for x in names], books)
            seconds[label] = time.perf_counter() - start
        assert report.done == count, report.text()
    return seconds


def throughput(folder: Path, count: int) -> dict[str, float]:
    """Images a second of the small x4 network, start included."""
    write_pictures(folder / 'photos', count)
    words = ['sr', str(folder / 'photos'), '--device', 'cpu', '-o']
    rates = {}
    for engine in ('local', 'ray'):
        for workers in (1, 2):
            label = f'{engine}, {workers} worker{"s" * (workers > 1)}'
            options = ['--engine', engine, '--workers', str(workers)]
            start = time.perf_counter()
            code = adacode([*words, str(folder / label), *options])
            assert code == 0
            rates[label] = count / (time.perf_counter() - start)
    return rates


def write_pictures(folder: Path, count: int) -> list[str]:
    """Noise; returns the names."""
    folder.mkdir()
    random = np.random.default_rng(0)
    names = [f'{number:04}.png' for number in range(count)]
    for name in names:
        pixels = random.integers(256, size=(SIZE, SIZE, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / name)
    return names


def page(costs: dict, rates: dict, count: int, images: int) -> str:
    """Both tables as Markdown, with the machine and its load."""
    load = ', '.join(f'{x:.1f}' for x in os.getloadavg())
    lines = [
        f'{os.cpu_count()} cores, {platform.machine()}; load {load} '
        '(1, 5, 15 minutes): a load above the cores makes times too long.',
        '',
        f'| engine | {count} pictures of {SIZE}x{SIZE}: seconds | ms each |',
        '|---|---|---|',
        *(
            f'| {label} | {s:.1f} | {1000 * s / count:.1f} |'
            for label, s in costs.items()
        ),
        '',
        f'| engine | images/s of adacode-tiny-x4 ({images} of them) |',
        '|---|---|',
        *(f'| {label} | {rate:.2f} |' for label, rate in rates.items()),
    ]
    return '\n'.join(lines) + '\n'


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--out', type=Path, default=RECORD)
    parser.add_argument('--count', type=int, default=500)
    parser.add_argument('--images', type=int, default=40)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        costs = overhead(Path(folder), args.count)
        rates = throughput(Path(folder), args.images)
    text = page(costs, rates, args.count, args.images)
    write_atomically(args.out, text)
    print(text)


if __name__ == '__main__':
    main()
