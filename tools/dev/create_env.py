"""Make a virtual environment from complete pins; run by the Makefile.

Needs nothing but Python's standard library: where `ensurepip` is missing
(Debian without python3.11-venv), pip itself is fetched from the index.
"""

import argparse
import hashlib
import importlib.util
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from pip_bootstrap import BootstrapError, fetch_pip

logger = logging.getLogger('create_env')

ROOT = Path(__file__).resolve().parents[2]
# needed before anything is built, since nothing is built in isolation
BUILD_TOOLS = ('pip', 'setuptools', 'wheel')


def parse_args() -> argparse.Namespace:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('env', type=Path, help='folder of the environment')
    parser.add_argument('pins', type=Path, help='complete list of name==x')
    parser.add_argument(
        '--mark', type=Path, required=True, help='written when all is done'
    )
    return parser.parse_args()


def read_pins(path: Path) -> dict[str, str]:
    """From package to the requirement that pins it."""
    lines = path.read_text(encoding='utf-8').splitlines()
    pins = [x.strip() for x in lines if x.strip() and not x.startswith('#')]
    return {pin.partition('==')[0]: pin for pin in pins}


def fingerprint(pins: Path) -> str:
    """What the installed packages depend on; other changes need no renewal."""
    parts = [pins.read_bytes(), sys.version.encode(), str(ROOT).encode()]
    return hashlib.sha256(b'\0'.join(parts)).hexdigest()


def remove_env(env: Path) -> None:
    """Remove what an earlier, perhaps interrupted, installation has left."""
    if not env.exists():
        return
    if any(env.iterdir()) and not (env / 'pyvenv.cfg').exists():
        raise SystemExit(
            f'{env} exists and is not a virtual environment: expected none '
            'or one of ours; move it away.'
        )
    shutil.rmtree(env)


def run(*command: str) -> None:
    """Run a command; on failure end with its exit status."""
    settings = {'PIP_USER': '0', 'PIP_DISABLE_PIP_VERSION_CHECK': '1'}
    try:
        subprocess.run(
            [str(x) for x in command],
            check=True,
            cwd=ROOT,
            env={**os.environ, **settings},
        )
    except subprocess.CalledProcessError as error:
        raise SystemExit(
            f'This command failed with status {error.returncode}: '
            f'{" ".join(map(str, command))}'
        ) from None


def make_env(env: Path, python: Path, pip_pin: str) -> None:
    """New environment with pip, from ensurepip or else from the index."""
    has_pip = importlib.util.find_spec('ensurepip') is not None
    venv.create(env, symlinks=True, with_pip=has_pip)
    if has_pip:
        return
    logger.info('No ensurepip here (python3-venv): fetching %s', pip_pin)
    with tempfile.TemporaryDirectory() as folder:
        wheel = fetch_pip(pip_pin.partition('==')[2], Path(folder))
        # a wheel is a zip file that Python can run a package from
        run(python, wheel / 'pip', 'install', '-qq', '--no-index', wheel)


def install_pins(python: Path, pins: Path) -> None:
    """Install exactly the pins: with a complete list nothing is resolved."""
    pin = read_pins(pins)
    # quiet: some pip configurations bring a warning per package
    pip = (python, '-m', 'pip', 'install', '-qq', '--no-deps')
    run(*pip, *(pin[name] for name in BUILD_TOOLS))
    run(*pip, '--no-build-isolation', '-r', pins.resolve())
    keep_headless_opencv(python, pip, pin['opencv-python-headless'])


def keep_headless_opencv(python: Path, pip: tuple, requirement: str) -> None:
    """Leave the headless build, alone, in the folder that three builds share.

    The others need libGL.so.1, which a machine without a desktop lacks.
    """
    found = subprocess.run(
        [python, '-c', 'import sysconfig as s; print(s.get_path("platlib"))'],
        check=True,
        capture_output=True,
        text=True,
    )
    shutil.rmtree(Path(found.stdout.strip()) / 'cv2')
    run(*pip, '--force-reinstall', requirement)


def main() -> None:
    """Renew the environment if its packages changed, then our own package."""
    logging.basicConfig(level=logging.INFO, format='%(message)s')
    args = parse_args()
    wanted = fingerprint(args.pins)
    python = (args.env / 'bin' / 'python').absolute()
    if not (args.mark.exists() and args.mark.read_text() == wanted):
        logger.info(
            'Making %s with Python %d.%d: a few minutes, several gigabytes',
            args.env,
            *sys.version_info[:2],
        )
        remove_env(args.env)
        make_env(args.env, python, read_pins(args.pins)['pip'])
        install_pins(python, args.pins)
    logger.info('Installing adacode-mm into %s', args.env)
    pip = (python, '-m', 'pip')
    run(*pip, 'install', '-qq', '--no-deps', '--no-build-isolation', '-e', '.')
    run(*pip, 'check')
    args.mark.write_text(wanted)


if __name__ == '__main__':
    try:
        main()
    except BootstrapError as error:
        raise SystemExit(str(error)) from None
    except KeyboardInterrupt:
        raise SystemExit('Interrupted: the next call starts anew.') from None
