"""`adacode export`: an ONNX file, or one sentence."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from cropped_photo import photo

from adacode_mm.checkpoints.model_file import open_model
from adacode_mm.checkpoints.model_info import ModelInfo
from adacode_mm.cli.export import about
from adacode_mm.cli.main import main
from adacode_mm.models.layers.padding import padded_forward

DOC = Path(__file__).parents[2] / 'docs' / 'export.md'


@pytest.fixture
def onnxruntime():
    pytest.importorskip('onnx', reason='onnx is an optional package')
    return pytest.importorskip(
        'onnxruntime', reason='onnxruntime is an optional package'
    )


def test_export_and_the_example_of_the_docs(
    photos, models, capsys, onnxruntime
):
    photo(0, (45, 31)).save('photo.png')
    words = ['export', models['x4'], '-o', 'adacode-tiny-x4.onnx']
    options = ['--opset', '18', '--padding', 'minimal']
    assert main([*words, *options, '--check', 'photo.png']) == 0
    said = capsys.readouterr().out
    assert said.startswith(f'{models["x4"]}: AdaCode, sr, x4\n')
    assert re.search(r'1x3x31x45: relative error \d\.\de-0[67], 768 of', said)
    size = Path('adacode-tiny-x4.onnx').stat().st_size
    assert (
        f'written: adacode-tiny-x4.onnx, {size / 1e6:.1f} MB, opset 18' in said
    )

    (example,) = re.findall(r'```python\n(.*?)```', DOC.read_text(), re.S)
    scope = {}
    exec(compile(example, DOC.name, 'exec'), scope)
    net, _ = open_model(models['x4'])
    image = torch.from_numpy(np.array(photo(0, (45, 31)))).float() / 255
    with torch.no_grad():
        image = image.permute(2, 0, 1)[None]
        expected = padded_forward(net, image, 'minimal').image[0]
    expected = expected.clamp(0, 1).mul(255).permute(1, 2, 0).numpy()
    assert scope['restored'].dtype == np.uint8
    assert abs(scope['restored'] - expected).max() <= 0.51
    assert Path('restored.png').exists()
    metadata = scope['about']
    assert metadata['task'] == 'sr' and metadata['padding'] == 'minimal'


def test_holes_of_inpainting_are_explained():
    said = about(ModelInfo('AdaCode', 'inpaint', 1, {}))
    assert said['task'] == 'inpaint' and 'white (1.0)' in said['holes']
    said = about(ModelInfo('AdaCode', 'inpaint', 1, {'hole_fill': 'harmonic'}))
    assert 'harmonic_fill' in said['holes']
    said = about(ModelInfo('FeMaSR', 'sr', 4, {}))
    assert said == {'architecture': 'FeMaSR', 'task': 'sr'}


@pytest.mark.parametrize(
    ('words', 'sentence'),
    [
        (['x4', '-o', 'in/0.png'], 'must end in .onnx'),
        (['x4', '-o', 'none/a.onnx'], 'folder none of the file to write'),
        (['x4', '-o', 'old.onnx'], 'old.onnx is there already'),
        (['x4', '-o', 'a.onnx', '--opset', '9'], 'opset must be one of'),
        (['x4', '-o', 'a.onnx', '--check', 'none.png'], 'none.png'),
        (['none.pth', '-o', 'a.onnx'], 'none.pth'),
    ],
)
def test_errors_are_sentences(
    photos, models, capsys, onnxruntime, words, sentence
):
    Path('old.onnx').write_bytes(b'mine')
    name, *rest = words
    assert main(['export', models.get(name, name), *rest]) == 2
    error = capsys.readouterr().err
    assert error.startswith('adacode export: error: ') and sentence in error
    assert error.count('\n') == 1
    assert Path('old.onnx').read_bytes() == b'mine'
    assert not Path('a.onnx').exists()


def test_a_missing_package_is_named(photos, models, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, 'onnx', None)
    assert main(['export', models['x4'], '-o', 'a.onnx']) == 2
    assert 'pip install "adacode-mm[onnx]"' in capsys.readouterr().err
