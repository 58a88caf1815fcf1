"""One sentence for everything that cannot be restored."""

import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image
from tiny_networks import tiny_network

from adacode_mm.core.exceptions import CheckpointError, InputError
from adacode_mm.images.picture import Picture
from adacode_mm.models.layers.padding import padded_forward
from adacode_mm.restoring.restorer import Restorer

PHOTO = Path(__file__).parents[1] / 'data/photos/coffee_odd_131x97.png'
NAN = np.full((20, 20, 3), np.nan, np.float32)
ZERO = np.zeros((20, 20, 3), np.float32)
FINE = np.zeros((20, 20, 3), np.uint8)


@pytest.fixture(scope='module')
def model():
    return tiny_network(4)


@pytest.fixture(scope='module')
def restorer(model):
    return Restorer(*model, device='cpu')


def is_one_sentence(error):
    text = str(error)
    assert text.endswith('.')
    assert '\n' not in text
    assert len(re.findall(r'\.(?= [A-Z])', text)) == 0, text


@pytest.mark.parametrize(
    ('image', 'message'),
    [
        (np.zeros((0, 5, 3), np.uint8), r'at least one pixel, .* \(0, 5, 3\)'),
        (np.zeros((0, 0), np.uint8), 'at least one pixel'),
        (torch.zeros(3, 5, 0), r'at least one pixel, .* \(3, 5, 0\)'),
        (FINE[:1, :1], 'at least 8 pixels a side .* got 1x1: enlarge it'),
        (FINE[:5, :7], 'at least 8 pixels a side .* got 7x5: enlarge it'),
        (Image.new('L', (7, 5)), 'at least 8 pixels a side .* got 7x5'),
        (FINE[:7], 'at least 8 pixels a side .* got 20x7'),
        (NAN, 'array must have finite values, found NaN or infinity'),
        (torch.full((3, 20, 20), torch.inf), 'tensor must have finite values'),
        (
            FINE + np.float32(200),
            r'in \[0, 1\], got 200 to 200: divide by 255, or pass uint8',
        ),
        (
            torch.full((3, 20, 20), 255.0),
            r'tensor must be in \[0, 1\], got 255 to 255: divide by 255',
        ),
        (FINE - np.float32(1), r'in \[0, 1\], got -1 to -1: scale or clip'),
        (FINE + np.float64(1.2), r'got 1\.2 to 1\.2: scale or clip'),
        (FINE.astype(bool), 'uint8, uint16 or floating point .* got bool'),
        (FINE.astype(np.int64), 'uint8, uint16 or floating .* got int64'),
        (FINE.astype(complex), 'uint8, uint16 or floating .* got complex128'),
        (FINE.astype(object), 'uint8, uint16 or floating .* got object'),
        (torch.zeros(3, 20, 20, dtype=torch.int64), 'tensor .* got int64'),
        (torch.zeros(3, 20, 20, dtype=torch.bool), 'tensor .* got bool'),
        (np.zeros((3, 20, 20), np.uint8), r'\(H, W, C\) .* got \(3, 20, 20\)'),
        (torch.zeros(20, 20, 3), r'\(C, H, W\) .* got \(20, 20, 3\): trans'),
        (torch.zeros(20, 20), r'\(C, H, W\) .* got \(20, 20\)'),
        (np.zeros((20, 20, 2), np.uint8), r'1, 3 or 4 channels'),
        (np.zeros((1, 1, 20, 20, 3), np.uint8), r'got \(1, 1, 20, 20, 3\)'),
        (np.zeros(20), r'got \(20, 1\)|got \(20,\)'),
        (Image.new('F', (20, 20)), r'of mode F \(32 bits\): expected grey'),
        ([], 'at least one image to restore, got none'),
        ((), 'at least one image to restore, got none'),
        (np.zeros((0, 20, 20, 3), np.uint8), 'at least one image .* got none'),
        (torch.zeros(0, 3, 20, 20), 'at least one image .* got none'),
        ([FINE, None], 'Image 2: An image must be an array, .* got NoneType'),
        ([FINE, FINE[:3]], 'Image 2: The image must have at least 8 pixels'),
        ({'a': FINE}, 'an array, a tensor, a PIL image or .* got dict'),
        (None, 'an array, a tensor, a PIL image or .* got NoneType'),
        (3, 'an array, a tensor, a PIL image or .* got int'),
        (b'png', 'an array, a tensor, a PIL image or .* got bytes'),
        ('gone.png', r'gone\.png: The file cannot be read: No such file'),
        (PHOTO.parent, 'The file cannot be read: Is a directory'),
        (Path(__file__), r'test_restorer_bad_input\.py: The file is not an'),
        (np.ma.masked_array(FINE, FINE == 0), 'but it is a masked array: fil'),
        (torch.zeros(3, 20, 20).to_sparse(), 'layout sparse_coo: make it den'),
        (torch.zeros(3, 20, 20, device='meta'), 'got one of the device meta'),
        (Picture(NAN), 'picture must have finite values'),
        (Picture(NAN[:0]), 'at least one pixel'),
        (Picture(NAN[..., 0]), r'must be \(H, W, 3\), got \(20, 20\)'),
        (
            Picture(ZERO, ZERO[:9, :, 0]),
            r'large as .*, \(20, 20\), got \(9,',
        ),
        (Picture(ZERO, NAN[..., 0]), 'opacity must have finite values'),
    ],
    ids=range(47),
)
def test_what_is_no_image(restorer, image, message):
    with pytest.raises(InputError, match=message) as caught:
        restorer(image)
    is_one_sentence(caught.value)


def test_a_cut_off_file(restorer, tmp_path):
    path = tmp_path / 'half.png'
    path.write_bytes(PHOTO.read_bytes()[:9000])
    for image in (path, Image.open(path)):
        with pytest.raises(InputError, match='damaged or cut off') as caught:
            restorer(image)
        is_one_sentence(caught.value)
    path.write_bytes(b'')
    with pytest.raises(InputError, match=r'half\.png'):
        restorer(path)


def test_small_overshoots_are_clipped(restorer):
    image = np.linspace(-0.0009, 1.0009, 400).reshape(20, 20)
    expected = restorer(image.clip(0, 1))
    np.testing.assert_array_equal(restorer(image), expected)


@torch.no_grad()
def test_a_long_strip(model):
    """20000x10: each network either restores it or says what is missing."""
    rng = np.random.default_rng(0)
    strip = rng.random((10, 2000, 3), np.float32)
    strip = np.repeat(strip, 10, 1)
    options = {'device': 'cpu', 'padding': 'minimal', 'tile': 'exact'}
    restorer = Restorer(*model, **options)
    found = restorer(strip)
    assert found.shape == (40, 80000, 3)
    image = torch.from_numpy(strip).permute(2, 0, 1)[None]
    expected = padded_forward(model[0], image, 'minimal').image[0].clamp(0, 1)
    difference = np.abs(found - expected.permute(1, 2, 0).numpy())
    # Of 160,000 codes, a few nearly equal ones change places.
    assert difference.mean() < 1e-4
    assert (difference > 1e-3).mean() < 1e-3
    for scale, least in ((2, 16), (1, 32)):
        restorer = Restorer(*tiny_network(scale), device='cpu')
        message = f'at least {least} pixels a side .* got 20000x10: enlarge'
        with pytest.raises(InputError, match=message):
            restorer(strip, None if scale == 2 else 'white')


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        ({'device': 'gpu'}, "device must be 'auto', 'cpu', .* got 'gpu'"),
        ({'device': 'meta'}, "device must be 'auto', 'cpu', .* got 'meta'"),
        ({'device': None}, 'device must be .* got None'),
        ({'device': 'cuda:99'}, r"cuda:99 is not there: .* choose 'cpu'"),
        ({'dtype': 'int8'}, r"dtype must be one of \('float32', .* 'int8'"),
        ({'dtype': None}, 'dtype must be one of .* got None'),
        ({'dtype': 'float16'}, 'float16 is for GPUs, .* choose bfloat16'),
        ({'dtype': torch.float16}, 'float16 is for GPUs'),
        ({'tile': 'large'}, r"tile must be one of \('auto', .* 'large'"),
        ({'tile': 0}, 'got 0'),
        ({'tile': True}, 'tile must be one of .* got True'),
        ({'padding': 'zero'}, r"padding must be one of .* got 'zero'"),
        ({'composite': False}, 'composite is for inpainting, .* is for sr'),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else '',
)
def test_options_that_cannot_be_had(model, options, message):
    with pytest.raises(InputError, match=message) as caught:
        Restorer(*model, **{'device': 'cpu', **options})
    is_one_sentence(caught.value)


@pytest.mark.skipif(torch.cuda.is_available(), reason='there is a GPU')
def test_no_gpu(model):
    with pytest.raises(InputError, match='0 CUDA'):
        Restorer(*model, device='cuda')
    assert Restorer(*model).device == torch.device('cpu')


def test_other_numbers_of_images_at_once(restorer):
    for size in (0, '2', 1.5, None):
        with pytest.raises(
            InputError, match=f'whole number of at least 1, got {size!r}'
        ):
            restorer([FINE], batch_size=size)


def test_inspect_takes_one_image(restorer):
    with pytest.raises(InputError, match='one image to inspect, got list'):
        restorer.inspect([FINE])


def test_no_such_model(tmp_path):
    with pytest.raises(CheckpointError, match='adacode-x3') as caught:
        Restorer.from_pretrained('adacode-x3', device='cpu')
    assert 'adacode-x4' in str(caught.value), 'names those that there are'
    (tmp_path / 'a.pth').write_bytes(b'no weights')
    with pytest.raises(CheckpointError, match=r'a\.pth'):
        Restorer.from_pretrained(tmp_path / 'a.pth', device='cpu')


def test_a_network_that_overflows(model):
    net, info = tiny_network(4)
    net.decoder.out_conv.weight.data[1, 2] = torch.inf
    with pytest.raises(
        InputError, match=r'not finite: choose another file of weights\.'
    ) as caught:
        Restorer(net, info, device='cpu')(FINE)
    is_one_sentence(caught.value)


@pytest.mark.parametrize(
    ('error', 'amount'),
    [
        (
            RuntimeError(
                '[enforce fail at alloc_cpu.cpp:127] err == 0. '
                "DefaultCPUAllocator: can't allocate memory: you tried to "
                'allocate 1610612736 bytes. Error code 12'
            ),
            r'1\.5 GiB',
        ),
        (
            torch.cuda.OutOfMemoryError(
                'CUDA out of memory. Tried to allocate 20.25 GiB. GPU 0 has'
            ),
            r'20\.25 GiB',
        ),
        (
            MemoryError('Unable to allocate 3.00 MiB for an array'),
            r'3\.00 MiB',
        ),
        (MemoryError(), ''),
        (
            cv2.error(
                'OpenCV(4.13.0) alloc.cpp:73: error: (-4:Insufficient '
                'memory) Failed to allocate 2097152 bytes in function '
                "'OutOfMemoryError'"
            ),
            r'2\.0 MiB',
        ),
    ],
    ids=['cpu', 'cuda', 'numpy', 'python', 'opencv'],
)
def test_no_memory(model, restorer, error, amount, monkeypatch):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr('adacode_mm.restoring.network_pass.restore', fail)
    with pytest.raises(InputError, match=f' 20x20 .*{amount}') as caught:
        restorer(FINE)
    assert caught.value.__cause__ is error
    whole = Restorer(*model, device='cpu', tile='whole')
    with pytest.raises(
        InputError,
        match=r"2 .* 20x20 .* batch_size .*tile='auto'",
    ):
        whole([FINE, FINE], batch_size=2)


def test_other_errors_are_not_blamed_on_memory(restorer, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError('mat1 and mat2 shapes cannot be multiplied')

    monkeypatch.setattr('adacode_mm.restoring.network_pass.restore', fail)
    with pytest.raises(RuntimeError, match='mat1 and mat2'):
        restorer(FINE)


WITHOUT_MEMORY = """
import resource, sys
sys.path.insert(0, {tests!r})
import cv2
import numpy as np
from tiny_networks import tiny_network
from adacode_mm.restoring.restorer import Restorer
from adacode_mm.core.exceptions import InputError
restorer = Restorer(*tiny_network(4), device='cpu', tile='whole')
small = np.zeros((40, 40, 3), np.uint8)
before = restorer(small)
pages = int(open('/proc/self/statm').read().split()[0])
limit = pages * resource.getpagesize() + 400 * 2**20
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
try:
    restorer(np.zeros((900, 900, 3), np.uint8))
except InputError as error:
    print('sentence:', error)
print('equal:', (restorer(small) == before).all())
"""


@pytest.mark.skipif(sys.platform != 'linux', reason='limits of Linux')
def test_a_process_without_memory_goes_on(warm_python):
    tests = str(Path(__file__).parents[1])
    done = subprocess.run(
        [warm_python, '-c', WITHOUT_MEMORY.format(tests=tests)],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    lines = done.stdout.splitlines()
    assert re.search(r'sentence: .*enough memory.* 900x900 pixels', lines[-2])
    assert lines[-1] == 'equal: True'
