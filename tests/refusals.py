"""An error that a user can act on: its class, and the facts that it states."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def refused(error: type[Exception], *facts: str) -> Iterator[None]:
    """The block raises `error` in one line that holds each of the facts.

    Facts are paths, names of options and values; how a sentence is worded is
    free.
    """
    with pytest.raises(error) as caught:
        yield
    message = str(caught.value)
    assert '\n' not in message
    for fact in facts:
        assert fact in message, f'{fact!r} is not in {message!r}'
