"""Rows and columns as Markdown."""

from collections.abc import Sequence


def markdown_rows(
    heads: Sequence[str], rows: Sequence[Sequence[str]]
) -> list[str]:
    """Lines of a table whose first column is text, the others numbers.

    Args:
        heads: Of the columns.
        rows: As many cells each.
    """
    rule = ['---', *['---:'] * (len(heads) - 1)]
    return [_line(cells) for cells in (heads, rule, *rows)]


def escaped(text: str) -> str:
    """A text that ends no cell."""
    return text.replace('|', '\\|')


def _line(cells):
    return f'| {" | ".join(cells)} |'
