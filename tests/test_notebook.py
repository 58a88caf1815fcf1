"""The notebook runs, and says what is true."""

from pathlib import Path

import nbformat
import numpy as np
from nbclient import NotebookClient

DOCS = Path(__file__).parents[1] / 'docs'


def test_the_notebook_runs(monkeypatch, tmp_path):
    monkeypatch.setenv('IPYTHONDIR', str(tmp_path))
    monkeypatch.setenv('JUPYTER_RUNTIME_DIR', str(tmp_path))
    notebook = nbformat.read(DOCS / 'tour.ipynb', as_version=4)
    # Cells as in the file, and what a reader would see in them.
    facts = nbformat.v4.new_code_cell(
        'known = mask == 0\n'
        'same = np.array_equal(np.array(filled)[known], '
        'np.array(original)[known])\n'
        'print(enlarged.size, same, len(seen.weight), '
        "scores['adacode-tiny-x4'], scores['bicubic'])"
    )
    notebook.cells.append(facts)
    client = NotebookClient(
        notebook,
        timeout=200,
        startup_timeout=120,
        resources={'metadata': {'path': str(DOCS)}},
    )
    client.execute()
    printed = notebook.cells[-1].outputs[0].text
    assert printed.startswith('(128, 96) True 5 ')
    ours, bicubic = map(float, printed.split()[-2:])
    assert np.isfinite(ours)
    assert ours > bicubic - 0.5
    pictures = [
        cell.outputs[-1].data
        for cell in notebook.cells
        if cell.cell_type == 'code'
        and cell.outputs
        and 'data' in cell.outputs[-1]
    ]
    assert sum('image/png' in data for data in pictures) == 4


def test_the_notebook_is_stored_without_outputs():
    notebook = nbformat.read(DOCS / 'tour.ipynb', as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == 'code']
    assert code
    assert all(not cell.outputs for cell in code)
