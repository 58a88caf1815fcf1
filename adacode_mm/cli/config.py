"""`adacode config`: a config with everything that it inherits."""

import argparse

SUMMARY = 'Print a config as one file, with all that it inherits.'
EXAMPLES = """examples:
  adacode config configs/adacode/stage3_sr_x4.py
  adacode config configs/adacode/stage3_sr_x4.py --cfg-options data_root=/data
  adacode config work_dirs/stage2/stage2.py > mine.py

The config is checked as it is before a training.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument('config', metavar='PATH', help='path of a config')
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        default=[],
        metavar='KEY=VALUE',
        help='change it, as for tools/train.py',
    )


def run(args: argparse.Namespace) -> int:
    """Print the config; return the exit code."""
    # Here, since they import PyTorch and MMagic.
    from mmengine.config import DictAction

    from adacode_mm.apis import load_config

    parser = argparse.ArgumentParser()
    parser.add_argument('--options', nargs='*', action=DictAction)
    options = parser.parse_args(['--options', *args.cfg_options]).options
    print(load_config(args.config, cfg_options=options).pretty_text)
    return 0
