"""ONNX files: what onnxruntime makes of them, at any size."""

import sys

import numpy as np
import pytest
import torch
from released_state import filled, read_fixture, relative_error
from tiny_networks import tiny_network

from adacode_mm.checkpoints.released import build_from_released
from adacode_mm.core.exceptions import InputError, OutputError
from adacode_mm.export.onnx_check import check_images, compare_onnx
from adacode_mm.export.onnx_file import export_onnx
from adacode_mm.export.onnx_graph import onnx_graph as graph_of
from adacode_mm.models.adacode.traceable.traceable_norm import (
    TraceableGroupNorm,
)
from adacode_mm.models.layers.padding import padded_forward

onnx = pytest.importorskip('onnx', reason='onnx is an optional package')
onnxruntime = pytest.importorskip(
    'onnxruntime', reason='onnxruntime is an optional package'
)


def session_of(content):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(
        content, options, providers=['CPUExecutionProvider']
    )


def run(session, image):
    names = [output.name for output in session.get_outputs()]
    values = session.run(names, {'input': image.numpy()})
    return dict(zip(names, values, strict=True))


@pytest.fixture(scope='module')
def x4():
    net, _ = tiny_network(4)
    return net, graph_of(net)


@pytest.mark.parametrize(
    ('options', 'padding', 'opset'),
    [
        ((4, True, 2), 'released', 17),
        ((2, True, 1), 'minimal', 18),
        ((1, True, 3), 'released', 20),
        ((1, False, 1), 'minimal', 17),
    ],
    ids=['x4', 'x2 one codebook', 'inpaint', 'stage I'],
)
@torch.no_grad()
def test_every_size_gives_the_values_of_pytorch(options, padding, opset):
    net, _ = tiny_network(*options)
    session = session_of(graph_of(net, padding, opset))
    m = net.size_multiple  # traced with m + 3, m + 5
    sizes = [(1, m // 2, m), (1, m - 1, 2 * m + 1), (3, m, m), (2, 2 * m, m)]
    for batch, h, w in sizes:
        image = torch.rand(batch, 3, h, w)
        found, out = run(session, image), padded_forward(net, image, padding)
        assert relative_error(found['image'], out.image) < 1e-5
        if out.weight is not None:
            assert relative_error(found['weight'], out.weight) < 1e-5
        for k, each in enumerate(out.quantized):
            assert np.array_equal(found[f'indices{k}'], each.indices.numpy())


def test_values_are_those_of_a_released_network():
    arrays = read_fixture('stage1')
    net = build_from_released(filled(arrays['layout']))
    found = run(session_of(graph_of(net)), torch.from_numpy(arrays['input']))
    assert relative_error(found['image'], arrays['output']) < 1e-5
    expected = [a for key, a in arrays.items() if key.startswith('indices_')]
    assert np.array_equal(found['indices0'], expected[0][:, 0])


def test_too_small_an_image_is_an_error_not_a_wrong_image(x4):
    session = session_of(x4[1])
    for h, w in ((7, 16), (16, 7), (3, 3), (1, 1)):
        with pytest.raises(Exception, match=r'[Rr]eshape'):
            run(session, torch.rand(1, 3, h, w))


def test_error_does_not_grow_with_the_image():
    layer = torch.nn.GroupNorm(1, 8, eps=1e-6)
    image = torch.rand(1, 8, 700, 700)
    expected = layer.double()(image.double())
    norm = TraceableGroupNorm(layer.float())
    content = exported(norm, image)
    assert relative_error(run(content, image)['y'], expected) < 3e-7


def exported(module, example):
    import io
    import warnings

    content = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        torch.onnx.export(
            module,
            (example,),
            content,
            input_names=['input'],
            output_names=['y'],
            opset_version=17,
            dynamo=False,
        )
    return session_of(content.getvalue())


def test_the_file_says_what_it_is(x4):
    net, _ = x4
    content = graph_of(net, 'minimal', 18, metadata={'task': 'sr'})
    model = onnx.load_from_string(content)
    assert {e.domain: e.version for e in model.opset_import} == {'': 18}
    metadata = session_of(content).get_modelmeta().custom_metadata_map
    assert metadata['scale'] == '4' and metadata['size_multiple'] == '16'
    assert metadata['padding'] == 'minimal' and metadata['task'] == 'sr'
    assert metadata['codebooks'] == '16 16'
    (given,) = model.graph.input
    dims = given.type.tensor_type.shape.dim
    assert [d.dim_param or d.dim_value for d in dims] == [
        'batch',
        3,
        'height',
        'width',
    ]
    # Nothing about the machine that it was made on.
    assert b'/' + b'work' not in content and b'site-packages' not in content


def test_half_weights_compute_in_float32(x4):
    _, content = x4
    half, _ = tiny_network(4)
    half.half().float()
    small = graph_of(half, half_weights=True)
    large = graph_of(half)
    for image in check_images(16):
        found = [run(session_of(each), image) for each in (small, large)]
        assert all(np.array_equal(found[0][k], found[1][k]) for k in found[0])

    def kept(graph, kind):
        tensors = onnx.load_from_string(graph).graph.initializer
        return sum(np.prod(t.dims) for t in tensors if t.data_type == kind)

    stored = onnx.TensorProto
    assert kept(small, stored.FLOAT16) > 4 * kept(small, stored.FLOAT)
    assert kept(content, stored.FLOAT16) == 0


def test_other_weights_do_not_pass(x4):
    net, content = x4
    found = compare_onnx(content, net, check_images(16))
    assert [each.shape for each in found] == [
        (1, 3, 8, 9),
        (1, 3, 15, 33),
        (2, 3, 16, 25),
    ]
    assert all(0 < each.error < 1e-5 and each.ties == 0 for each in found)
    changed, _ = tiny_network(4)
    with torch.no_grad():
        changed.decoder.out_conv.weight *= 1.001
    with pytest.raises(InputError, match='image of the graph differs'):
        compare_onnx(content, changed, check_images(16))
    changed, _ = tiny_network(4)
    with torch.no_grad():
        changed.quantizers[1].embedding.weight.copy_(
            changed.quantizers[1].embedding.weight.flip(0)
        )
    with pytest.raises(InputError, match='codebook 1 that are not the near'):
        compare_onnx(content, changed, check_images(16))
    with pytest.raises(InputError, match='indices of codebook 0 for'):
        compare_onnx(content, net, [torch.rand(1, 3, 16, 16)], 'minimal')


def test_equally_near_codes_may_be_chosen_differently():
    net, _ = tiny_network(4)
    twin, _ = tiny_network(4)
    # Each code twice: PyTorch takes the first of equals, the graph whichever
    # is nearer by a millionth.
    for own, other in zip(net.quantizers, twin.quantizers, strict=True):
        codes = own.embedding.weight.data
        codes[8:] = codes[:8]
        noise = 1e-6 * torch.randn(8, codes.shape[1])
        other.embedding.weight.data.copy_(codes)[8:] += noise
    found = compare_onnx(graph_of(twin), net, check_images(16))
    assert all(0 < each.ties < each.indices for each in found)
    assert all(each.error < 1e-5 for each in found)


def test_the_image_is_compared_with_that_of_the_codes_chosen(monkeypatch):
    from adacode_mm.models.adacode.traceable import equal_choices

    net, _ = tiny_network(4)
    other, _ = tiny_network(4)
    other.pre_quants[0].weight.data *= -1
    monkeypatch.setattr(equal_choices, 'TIE', 1e9)
    found = compare_onnx(graph_of(other), net, check_images(16))
    assert all(each.ties > each.indices / 4 for each in found)
    assert all(each.error < 1e-5 for each in found)


def test_a_graph_that_cannot_run_is_refused(x4):
    with pytest.raises(InputError, match=r'onnxruntime .* cannot load'):
        compare_onnx(b'no graph', x4[0], [])


def test_a_network_is_left_as_it_was(x4):
    net, _ = tiny_network(4)
    before = {k: v.clone() for k, v in net.state_dict().items()}
    net.train()
    graph_of(net)
    assert net.training and all(m.training for m in net.modules())
    after = net.state_dict()
    assert all(torch.equal(after[k], v) for k, v in before.items())


def test_a_file_is_written_once_it_agrees(x4, tmp_path):
    net, _ = x4
    path = tmp_path / 'x4.onnx'
    lines = []
    found = export_onnx(net, path, say=lines.append)
    assert len(found) == 3 and len(lines) == 2
    image = torch.rand(1, 3, 21, 18)
    result = run(session_of(path.read_bytes()), image)['image']
    with torch.no_grad():
        expected = padded_forward(net, image).image
    assert relative_error(result, expected) < 1e-5
    with pytest.raises(InputError, match='is there already'):
        export_onnx(net, path)
    before = path.read_bytes()
    export_onnx(net, path, opset=20, overwrite=True)
    assert path.read_bytes() != before


def test_nothing_is_written_if_they_differ(x4, tmp_path, monkeypatch):
    from adacode_mm.export import onnx_file

    other, _ = tiny_network(4, seed=4)
    monkeypatch.setattr(
        onnx_file, 'onnx_graph', lambda net, *rest: graph_of(other, *rest)
    )
    with pytest.raises(InputError, match='nothing was written'):
        export_onnx(x4[0], tmp_path / 'x4.onnx')
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ('name', 'options', 'sentence'),
    [
        ('a.pth', {}, 'must end in .onnx'),
        ('a.onnx', {'opset': 16}, r'opset must be one of \(17, 18, 19, 20\)'),
        ('a.onnx', {'precision': 'int8'}, 'precision must be one of'),
        ('a.onnx', {'padding': 'no'}, 'padding must be one of'),
    ],
)
def test_what_cannot_be_exported_is_said(
    x4, tmp_path, name, options, sentence
):
    with pytest.raises(InputError, match=sentence):
        export_onnx(x4[0], tmp_path / name, **options)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there(x4, tmp_path):
    with pytest.raises(OutputError, match='does not exist: make it first'):
        export_onnx(x4[0], tmp_path / 'none' / 'a.onnx')


@pytest.mark.parametrize('package', ['onnx', 'onnxruntime'])
def test_a_missing_package_is_named(x4, tmp_path, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InputError, match=rf'needs the package {package},'):
        export_onnx(x4[0], tmp_path / 'a.onnx')
