"""The tables of the reproduction, from the networks that are finished."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from adacode_mm.core.exceptions import InputError
from benchmarks.small_scale.plan import GROUPS, PLAN
from benchmarks.small_scale.run_trainings import finished, work_dir
from benchmarks.tables.classical_baselines import BASELINES

PROTOCOLS = ['--protocol', 'bt601', 'paper', 'rgb']
# Those that need no weights.
SCORES = ['--metrics', 'LPIPS', 'FSIM', 'GMSD']
RECONSTRUCTED = {
    'vqgan': 'vqgan_512x56',
    'vqgan-aux': 'vqgan_aux_896x32',
    'vqgan-aux-moving': 'vqgan_aux_moving',
    'adacode': 'stage2',
}


def table_arguments() -> Iterator[list[str]]:
    """Arguments of `make_tables.py`, for every table that can be made."""
    done = {t.name: str(work_dir(t)) for t in PLAN if finished(t)}
    rows = [
        f'--model={label}={done[name]}'
        for label, name in RECONSTRUCTED.items()
        if name in done
    ]
    if rows:
        yield ['reconstruct', *rows, *PROTOCOLS]
    counted = [
        '_'.join(('stage2', *GROUPS[:count]))
        for count in range(1, len(GROUPS))
    ]
    counted = [name for name in [*counted, 'stage2'] if name in done]
    if len(counted) > 1:
        yield ['ablation', *(f'--model={done[name]}' for name in counted)]
    for scale in (4, 2):
        name = f'stage3_sr_x{scale}_sharp'
        if name not in done:
            continue
        rows = ['--model=bicubic', f'--model=tiny={done[name]}']
        plain = f'plain_sr_x{scale}'
        rows += [f'--model=plain={done[plain]}'] if plain in done else []
        for source in ('bsrgan', 'bicubic'):
            how = ['--scale', str(scale), '--degradation', source]
            yield ['sr', *how, *rows, *PROTOCOLS, *SCORES]
    if 'stage3_inpaint_sharp' in done:
        rows = [f'--model={x}' for x in BASELINES['inpaint']]
        rows += [f'--model=tiny={done["stage3_inpaint_sharp"]}']
        yield ['inpaint', *rows, *PROTOCOLS]


def measure(data: Path, record: Path, sets: Sequence[str]) -> None:
    """Make the tables, one after the other; what is there is not made again.

    Args:
        data: Folder of test sets.
        record: Folder for the JSON of the tables.
        sets: Names of test sets.

    Raises:
        InputError: If one of them fails; its message is printed before.
    """
    for arguments in table_arguments():
        command = [sys.executable, '-m', 'benchmarks.make_tables', *arguments]
        command += ['--data', str(data), '--record', str(record)]
        command += ['--sets', *sets]
        if subprocess.run(command).returncode:
            raise InputError(
                f'The table {arguments[0]} could not be made: see above, and '
                f'call this again to go on.'
            )
