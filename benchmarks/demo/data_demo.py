"""From photographs to training sets: every data tool on bundled pictures.

Crop, label, degrade, mask, check, and draw sheets of the results: in less than
two minutes on two CPU cores, without any download. Started again, it does only
what is missing.
"""

import argparse
import runpy
import shlex
import shutil
import sys
import time
from pathlib import Path

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
from adacode_mm.core.exceptions import InputError
from benchmarks.demo.data_checks import check_configs
from benchmarks.demo.data_sheets import write_sheets
from benchmarks.demo.photographs import HELD_OUT, TRAINING
from benchmarks.demo.random_segformer import NOTE, write_random_segformer

ROOT = Path(__file__).resolve().parents[2]
CONVERTERS = ROOT / 'tools/dataset_converters'
SIZE = 256  # 512 is for real: these photographs are small


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        '--out', default='work_dirs/data_demo', help='folder for everything'
    )
    parser.add_argument(
        '--checkpoint',
        help='weights of SegFormer (default: random ones, whose labels mean '
        'nothing)',
    )
    parser.add_argument(
        '--config',
        help='mmseg config of the checkpoint (default: as label_patches.py)',
    )
    parser.add_argument(
        '--fresh', action='store_true', help='forget what was made before'
    )
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    started, cpu = time.perf_counter(), time.process_time()
    folder = Path(args.out)
    if args.fresh:
        shutil.rmtree(folder, ignore_errors=True)
    copy_photographs(folder / 'raw')
    patches = folder / 'patches'
    title('1. Patches: photographs in rows, faces as FFHQ')
    crop = ('crop_patches.py', '--out', patches, '--size', SIZE)
    run(*crop, folder / 'raw' / 'photographs')
    run(*crop, folder / 'raw' / 'faces', '--ffhq')
    title('2. Super-classes by SegFormer')
    label(patches, args, folder / 'segformer')
    title('3. Low-resolution partners by BSRGAN')
    for scale in (2, 4):
        run('make_pairs.py', patches, '--scale', scale)
    title('4. Inpainting masks')
    run('make_masks.py', patches, '--paint')
    title('5. What the stages read')
    print(check_configs(folder))
    title('6. Sheets to look at')
    for path in write_sheets(folder):
        print(path)
    print(
        f'\nDone in {time.perf_counter() - started:.0f} s '
        f'({time.process_time() - cpu:.0f} s of CPU in this process).'
    )


def copy_photographs(folder: Path) -> None:
    """Put the photographs where a user's would lie, faces apart."""
    groups = {name: list(paths) for name, paths in TRAINING.items()}
    faces = groups.pop('portrait')
    others = [path for paths in groups.values() for path in paths]
    for name, paths in (('faces', faces), ('photographs', others)):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for path in paths if name == 'faces' else [*paths, HELD_OUT]:
            target = folder / name / path.name
            if not target.exists():
                shutil.copyfile(path, target)


def label(
    patches: Path, args: argparse.Namespace, network_folder: Path
) -> None:
    """Run label_patches.py with the user's network or a random one."""
    config, checkpoint = args.config, args.checkpoint
    if checkpoint is None:
        print(NOTE)
        config, checkpoint = write_random_segformer(network_folder)
    network = ['--checkpoint', checkpoint]
    network += ['--config', config] if config else []
    split = ['--force-class', 'portrait', 'faces/*', '--valid-fraction', 0.2]
    run('label_patches.py', patches, *network, *split)


def title(text: str) -> None:
    print(f'\n== {text}', flush=True)


def run(tool: str, *arguments) -> None:
    """Call a tool as from a shell, but in this process.

    Raises:
        InputError: If it fails.
    """
    arguments = [str(argument) for argument in arguments]
    path = CONVERTERS / tool
    print(
        '$ python',
        shlex.join([f'tools/{path.parent.name}/{tool}', *arguments]),
    )
    sys.stdout.flush()
    before = sys.argv
    sys.argv = [tool, *arguments]
    try:
        runpy.run_path(str(path), run_name='__main__')
    except SystemExit as ended:
        if ended.code == 130:
            raise KeyboardInterrupt from None
        if ended.code:
            reason = str(ended.code).removeprefix('error: ').rstrip('.')
            raise InputError(f'{tool} has failed: {reason}.') from None
    finally:
        sys.argv = before


if __name__ == '__main__':
    try:
        main()
    except InputError as error:
        sys.exit(f'error: {error}')
    except KeyboardInterrupt:
        sys.exit('interrupted: call it again to go on')
