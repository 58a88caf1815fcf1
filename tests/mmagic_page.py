"""The examples in docs/mmagic.md, as they stand there."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[1] / 'docs' / 'mmagic.md'


def examples() -> list[str]:
    """All blocks of Python."""
    return re.findall(r'```python\n(.*?)```', PAGE.read_text(), re.DOTALL)


def example(word: str) -> str:
    """The one block of Python with this word."""
    (found,) = (block for block in examples() if word in block)
    return found
