"""`python -m adacode_mm` is the command `adacode`."""

import sys

from adacode_mm.cli.main import main

if __name__ == '__main__':
    sys.exit(main())
