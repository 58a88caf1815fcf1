"""docs/models.md is made of the metafiles."""

import re
import shutil
from pathlib import Path

from benchmarks.make_model_page import model_page

ROOT = Path(__file__).parents[2]


def test_the_page_is_up_to_date():
    page = (ROOT / 'docs/models.md').read_text(encoding='utf-8')
    assert page == model_page(ROOT), 'run python -m benchmarks.make_model_page'


def test_names_are_those_of_the_command_line():
    page = model_page(ROOT)
    row = next(x for x in page.splitlines() if 'adacode_tiny_sr_x4' in x)
    assert row.startswith('| `adacode-tiny-x4` |')
    row = next(x for x in page.splitlines() if '`adacode_sr_x4`' in x)
    assert row.startswith('| `adacode-x4` |')


def test_rows_come_from_the_metafiles(tmp_path):
    shutil.copy(ROOT / 'model-index.yml', tmp_path)
    for file in ROOT.glob('configs/*/metafile.yml'):
        copy = tmp_path / file.relative_to(ROOT)
        copy.parent.mkdir(parents=True)
        text = file.read_text()
        # Only files that are there have a size.
        copy.write_text(re.sub(r'(?m)^  Weights: adacode_mm.*\n', '', text))
    names = re.findall(r'`(vqgan_\w+)`', model_page(tmp_path))
    assert names == ['vqgan_1024x512', 'vqgan_aux_1792x256']
    meta = tmp_path / 'configs/vqgan/metafile.yml'
    meta.write_text(meta.read_text().replace('vqgan_1024x512', 'vqgan_new'))
    assert '`vqgan_new`' in model_page(tmp_path)
