"""What the paper reports, to stand beside what is measured here.

Liu et al., "Learning Image-Adaptive Codebooks for Class-Agnostic Image
Restoration" (AdaCode), ICCV 2023, tables 1 to 3: `paper.csv`.
"""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from adacode_mm.evaluation.scoring import Column

from .sets import KNOWN_SETS

# The evaluation script released with the code measures so; that the tables
# come from it is likely, but stated nowhere.
PROTOCOL = 'paper'


def paper_rows(
    task: str, scale: int, name: str, count: int, columns: Sequence[Column]
) -> list[dict]:
    """The paper's rows for a set, as far as they are of these columns.

    Args:
        task: Of the table.
        scale: Of super-resolution, else 1.
        name: Of the set.
        count: How many images were measured: fewer are another set.
        columns: Of the table; PSNR and SSIM count by protocol `paper`.
    """
    figures = pd.read_csv(Path(__file__).with_name('paper.csv'))
    figures = figures.query('task == @task and scale == @scale')
    rows = []
    for row in figures[figures['set'] == name].to_dict('records'):
        means = {
            column.key: row[column.name]
            for column in columns
            if pd.notna(row.get(column.name))
            and column.protocol in (None, PROTOCOL)
        }
        if means and count == KNOWN_SETS.get(name, count):
            model = f'{row["method"]} (paper, table {row["table"]})'
            found = {'set': name, 'model': model, 'means': means}
            rows.append({**found, 'note': row['note']})
    return rows
