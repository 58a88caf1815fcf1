import random
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image
from released_state import filled, read_fixture, relative_error
from tiny_networks import tiny_network

from adacode_mm.checkpoints.model_file import save_model
from adacode_mm.checkpoints.model_info import describe_network
from adacode_mm.checkpoints.released import build_from_released
from adacode_mm.images.picture import Metadata, Picture
from adacode_mm.images.read_picture import read_picture
from adacode_mm.images.write_picture import encode_picture
from adacode_mm.models.layers.padding import padded_forward
from adacode_mm.restoring.restorer import Restorer

ROOT = Path(__file__).parents[2]
PHOTOS = ROOT / 'tests' / 'data' / 'photos'
LUMA = np.float32([0.299, 0.587, 0.114])


@pytest.fixture(scope='module')
def net_x4():
    return tiny_network(4)


@pytest.fixture(scope='module')
def restorer(net_x4):
    return Restorer(*net_x4, device='cpu')


@pytest.fixture(scope='module')
def photo():
    """RGB, uint8, of uneven sides."""
    image = cv2.imread(str(PHOTOS / 'coffee_odd_131x97.png'))
    return np.ascontiguousarray(image[:37, :43, ::-1])


@pytest.fixture(scope='module')
def expected(net_x4, photo):
    """What the plain network makes of the photograph, not rounded."""
    return released_result(net_x4[0], photo)


@torch.no_grad()
def released_result(net, photo):
    """/255, network, clamp: as the release does, without acceleration."""
    image = torch.from_numpy(photo / np.float32(255)).permute(2, 0, 1)[None]
    out = padded_forward(net, image).image[0].clamp(0, 1)
    return out.permute(1, 2, 0).numpy()


def as_uint8(values):
    return np.rint(values * 255).astype(np.uint8)


def test_the_released_numbers():
    """Of the full-size released network, from its fixture."""
    arrays = read_fixture('sr_x4')
    state = filled(arrays['layout'])
    # Its output fills -172 to 114: the last layer is linear, so that weights
    # exist which show the same picture in [0, 1].
    low, high = arrays['output'].min(), arrays['output'].max()
    state['out_conv.weight'] /= high - low
    state['out_conv.bias'] = (state['out_conv.bias'] - low) / (high - low)
    shown = (arrays['output'] - low) / (high - low)
    net = build_from_released(state)
    restorer = Restorer(net, describe_network(net, {}), device='cpu')
    found = restorer(torch.from_numpy(arrays['input']))
    assert relative_error(found, shown) <= 1e-4
    inspection = restorer.inspect(torch.from_numpy(arrays['input'][0]))
    # 24x40 pixels are 12x20 of the latent grid, padded to 16x24
    weight = arrays['weight_map'][0, :, :12, :20]
    assert relative_error(inspection.weight, weight) <= 1e-4
    for k, index in enumerate(inspection.indices):
        assert (index == arrays[f'indices_{k}'][0, 0, :12, :20]).all()


def test_every_kind_gives_the_same_image(restorer, photo, expected, tmp_path):
    path = tmp_path / 'photo.png'
    Image.fromarray(photo).save(path)
    tensor = torch.from_numpy(photo).permute(2, 0, 1)
    results = {
        'array': restorer(photo),
        'mirrored array': restorer(photo[:, ::-1][:, ::-1]),
        'path': restorer(path),
        'name': restorer(str(path)),
        'pil': np.asarray(restorer(Image.fromarray(photo))),
        'tensor': restorer(tensor).permute(1, 2, 0).numpy(),
        'batch': restorer(photo[None])[0],
        'tensors': restorer(tensor[None])[0].permute(1, 2, 0).numpy(),
        'float32': as_uint8(restorer(photo / np.float32(255))),
        'float64': as_uint8(restorer(photo / 255)),
        'uint16': as_uint8(restorer(photo * np.uint16(257)) / 65535),
        'picture': as_uint8(restorer.restore_picture(read_picture(path))[0]),
    }
    one = results['array']
    assert one.dtype == np.uint8
    assert one.shape == (148, 172, 3)
    # Halves may be rounded either way: floats take another way to 8 bits.
    half = np.abs(expected * 255.0 % 1 - 0.5) < 1e-3
    for kind, found in results.items():
        np.testing.assert_array_equal(found[~half], one[~half], kind)
        off = np.abs(found.astype(int) - one)
        assert off.max() <= 1, kind
    assert half.mean() < 0.01
    # Rounded after the plain network, but for halves.
    off = np.abs(one - expected * 255.0)
    assert off.max() < 0.51
    assert one.std() / 255 > 0.02, 'a picture, not a plane'


def test_the_answer_has_the_type_of_the_question(restorer, photo, expected):
    for dtype in (np.float16, np.float32, np.float64):
        found = restorer((photo / 255).astype(dtype))
        assert found.dtype == dtype
        limit = 0.05 if dtype == np.float16 else 3e-5
        assert np.abs(found - expected).max() < limit
    found = restorer(photo * np.uint16(257))
    assert found.dtype == np.uint16
    assert np.abs(found / 65535 - expected).max() < 2e-5
    assert len(np.unique(found % 257)) > 200, 'no 8-bit steps'
    foreign = (photo * np.uint16(257)).astype('>u2')
    swapped = restorer(foreign)
    assert swapped.dtype == foreign.dtype
    np.testing.assert_array_equal(swapped, found)
    # PyTorch would read one of another shape, and beyond its end.
    found = restorer(np.matrix(photo[..., 0]))
    np.testing.assert_array_equal(found, restorer(photo[..., 0]))
    for dtype in (torch.float32, torch.float64, torch.bfloat16):
        given = (torch.from_numpy(photo).permute(2, 0, 1) / 255).to(dtype)
        found = restorer(given)
        assert found.dtype == dtype
        assert found.shape == (3, 148, 172)
        assert found.is_contiguous()


def test_values_are_clipped_and_rounded_half_to_even(
    restorer, photo, monkeypatch
):
    rows = torch.tensor([-0.3, 0.5 / 255, 1.5 / 255, 2.5 / 255, 1.2])

    def restore(net, image, **_):
        out = image.new_zeros(1, 3, 4 * 37, 4 * 43)
        out[..., :5] = rows
        return padded_forward(net, image)._replace(image=out)

    monkeypatch.setattr('adacode_mm.restoring.network_pass.restore', restore)
    found = restorer(photo)
    # float32 of 0.5 / 255 and so on, times 255, are halves again
    assert (rows[1:4] * 255).tolist() == [0.5, 1.5, 2.5]
    assert found[7, :5, 1].tolist() == [0, 0, 2, 2, 255]


@pytest.mark.parametrize('shape', ['HW', 'HW1', 'CHW'])
def test_grey_stays_grey(restorer, photo, shape):
    gray = photo[..., 1]
    colours = restorer(np.stack([gray] * 3, -1) / np.float32(255))
    expected = colours @ LUMA
    assert np.ptp(colours, axis=2).max() > 0.05, 'the network colours grey'
    if shape == 'CHW':
        found = restorer(torch.from_numpy(gray)[None])
        assert found.shape == (1, 148, 172)
        found = found[0].numpy()
    elif shape == 'HW1':
        found = restorer(gray[..., None])
        assert found.shape == (148, 172, 1)
        found = found[..., 0]
    else:
        found = restorer(gray)
    assert np.abs(found - 255.0 * expected).max() < 0.51


@pytest.mark.parametrize('mode', ['L', 'LA', 'RGBA', '1', 'P', 'CMYK', 'I;16'])
def test_pil_modes(restorer, photo, mode):
    if mode == 'I;16':
        image = Image.fromarray(photo[..., 1] * np.uint16(257))
        expected = restorer(photo[..., 1] * np.uint16(257))
    else:
        image = Image.fromarray(photo).convert(mode)
        answer = {'1': 'L', 'P': 'RGB', 'CMYK': 'RGB'}.get(mode, mode)
        expected = restorer(np.asarray(image.convert('RGB')))
        if answer in ('L', 'LA'):
            expected = restorer(np.asarray(image.convert('L')))
    found = restorer(image)
    assert found.mode == (mode if mode == 'I;16' else answer)
    if mode in ('LA', 'RGBA'):
        assert found.getextrema()[-1] == (255, 255)
        found = found.convert(mode.removesuffix('A'))
    np.testing.assert_array_equal(np.asarray(found), expected)


def test_pil_stands_upright_and_keeps_its_profile(restorer, photo, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / 'a.png'
    Image.fromarray(photo).save(path, exif=exif, icc_profile=b'profile')
    with Image.open(path) as image:
        found = restorer(image)
        assert image.size == (43, 37), 'left as it was'
    assert found.info['icc_profile'] == b'profile'
    upright = photo[::-1].swapaxes(0, 1)
    np.testing.assert_array_equal(np.asarray(found), restorer(upright))
    np.testing.assert_array_equal(restorer(path), restorer(upright))


def test_opacity_is_enlarged_on_its_own(restorer, photo):
    alpha = np.ones(photo.shape[:2], np.uint8)  # 0 would hide the colours
    cv2.circle(alpha, (20, 18), 10, 255, -1)
    expected = cv2.resize(
        alpha / np.float32(255), (172, 148), interpolation=cv2.INTER_CUBIC
    )
    assert expected.max() > 1.01, 'it overshoots'
    expected = as_uint8(expected.clip(0, 1))
    rgba = np.dstack([photo, alpha])
    colours = restorer(photo)
    for found in (
        restorer(rgba),
        np.asarray(restorer(Image.fromarray(rgba))),
        restorer(torch.from_numpy(rgba).permute(2, 0, 1))
        .permute(1, 2, 0)
        .numpy(),
    ):
        np.testing.assert_array_equal(found[..., :3], colours)
        np.testing.assert_array_equal(found[..., 3], expected)


@pytest.mark.parametrize('gray', [False, True])
@pytest.mark.parametrize('bits', [8, 16])
def test_pictures_keep_what_belongs_to_them(
    restorer, photo, bits, gray, tmp_path
):
    pixels = photo / np.float32(255)
    if gray:
        pixels = pixels[..., [1, 1, 1]]
    alpha = pixels[..., 2].clip(0.01)  # 0 would hide the colours
    metadata = Metadata(xmp=b'kept', dpi=(300, 300))
    given = Picture(
        pixels, alpha, bits, gray, b'profile', ['a note'], metadata
    )
    before = pixels.copy()
    seen = []
    found = restorer.restore_picture(
        given, progress=lambda share, _: seen.append(share)
    )
    np.testing.assert_array_equal(pixels, before)
    assert found[2:] == given[2:]
    assert found.pixels.dtype == found.alpha.dtype == np.float32
    assert found.pixels.min() >= 0
    assert found.pixels.max() <= 1
    if gray:
        assert np.ptp(found.pixels, axis=2).max() == 0
        expected = restorer(pixels[..., 0])
        np.testing.assert_array_equal(found.pixels[..., 0], expected)
    else:
        np.testing.assert_array_equal(found.pixels, restorer(pixels))
    assert found.alpha.shape == (148, 172)
    assert seen[-1] == 1
    encode_picture(found, 'png')


def test_files_of_16_bits_and_with_opacity(restorer, photo, tmp_path):
    path = tmp_path / 'a.png'
    deep = photo.astype(np.uint16) * 257 + 3
    bgra = np.dstack([deep[..., ::-1], deep[..., 0]])
    cv2.imwrite(str(path), bgra)
    found = restorer(path)
    assert found.dtype == np.uint16
    np.testing.assert_array_equal(found, restorer(deep))


@pytest.mark.parametrize('batch_size', [1, 2, 3])
def test_a_list_of_several_sizes(restorer, photo, batch_size, monkeypatch):
    from adacode_mm.restoring import network_pass

    images = [
        photo / np.float32(255),
        photo[:20] / np.float32(255),
        photo[:, ::-1] / np.float32(255),
        photo[::-1] / np.float32(255),
        photo[5:25] / np.float32(255),
    ]
    one_by_one = [restorer(image) for image in images]
    sizes = []
    restore = network_pass.restore

    def counted(net, image, **options):
        sizes.append(len(image))
        return restore(net, image, **options)

    monkeypatch.setattr(network_pass, 'restore', counted)
    shares = []
    found = restorer(
        images,
        batch_size=batch_size,
        progress=lambda share, _: shares.append(share),
    )
    assert isinstance(found, list)
    for one, other in zip(found, one_by_one, strict=True):
        assert np.abs(one - other).max() <= 1e-5
    expected = {1: [1] * 5, 2: [2, 2, 1], 3: [3, 2]}
    assert sizes == expected[batch_size]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    kinds = restorer((Image.fromarray(photo), photo))
    np.testing.assert_array_equal(np.asarray(kinds[0]), kinds[1])


def test_batches(restorer, photo):
    batch = np.stack([photo, photo[::-1], photo[:, ::-1]])
    found = restorer(batch, batch_size=2)
    assert found.dtype == np.uint8
    assert found.shape == (3, 148, 172, 3)
    for one, image in zip(found, batch, strict=True):
        assert np.abs(one.astype(int) - restorer(image)).max() <= 1
    tensor = torch.from_numpy(batch).permute(0, 3, 1, 2)
    found_tensor = restorer(tensor, batch_size=2)
    np.testing.assert_array_equal(found_tensor.permute(0, 2, 3, 1), found)
    gray = restorer(batch[..., :1])
    assert gray.shape == (3, 148, 172, 1)
    np.testing.assert_array_equal(gray[1], restorer(batch[1, ..., :1]))


def test_an_iterator_is_restored_as_it_is_asked(restorer, photo):
    given = []

    def images():
        for top in (0, 1, 5):
            given.append(top)
            yield photo[top:30]

    results = restorer(images(), batch_size=2)
    assert given == []
    first = next(results)
    assert given == [0, 1], 'the next one shows that no batch of two comes'
    np.testing.assert_array_equal(first, restorer(photo[:30]))
    rest = list(results)
    assert given == [0, 1, 5]
    np.testing.assert_array_equal(rest[0], restorer(photo[1:30]))
    np.testing.assert_array_equal(rest[1], restorer(photo[5:30]))


def test_nothing_else_changes(net_x4, photo):
    net, info = net_x4
    state = {key: value.clone() for key, value in net.state_dict().items()}
    net.train()
    given = torch.from_numpy(photo).permute(2, 0, 1) / 255
    given.requires_grad_()
    before = given.detach().clone()
    torch.manual_seed(7)
    random.seed(7)
    np.random.seed(7)
    numbers = (torch.get_rng_state(), random.getstate(), np.random.get_state())
    threads, dtype = torch.get_num_threads(), torch.get_default_dtype()
    with torch.enable_grad():
        restorer = Restorer(net, info, device='cpu', dtype='bfloat16')
        found = restorer(given)
        assert torch.is_grad_enabled()
    assert net.training
    net.eval()
    assert not found.requires_grad
    assert not torch.is_inference(found)
    assert torch.equal(given, before)
    assert torch.equal(torch.get_rng_state(), numbers[0])
    assert random.getstate() == numbers[1]
    for one, other in zip(np.random.get_state(), numbers[2], strict=True):
        assert np.array_equal(one, other)
    assert torch.get_num_threads() == threads
    assert torch.get_default_dtype() == dtype
    assert not torch.is_autocast_enabled('cpu')
    assert all(p.requires_grad and p.grad is None for p in net.parameters())
    for key, value in net.state_dict().items():
        assert torch.equal(value, state[key]), key


def test_bfloat16_gives_about_the_same(net_x4, photo, expected):
    restorer = Restorer(*net_x4, device='cpu', dtype='bfloat16')
    found = restorer(photo / np.float32(255))
    assert found.dtype == np.float32
    error = np.sqrt(np.mean((found - expected) ** 2))
    # Codes that are nearly as near change places: no bound on the pixels.
    assert 1e-6 < error < 0.05
    with torch.autocast('cpu', torch.bfloat16):
        exact = Restorer(*net_x4, device='cpu')(photo / np.float32(255))
    assert np.abs(exact - expected).max() < 3e-5, "the user's autocast"


@pytest.mark.parametrize('tile', ['whole', 'exact', 2])
def test_tiles_give_the_same(net_x4, photo, expected, tile):
    restorer = Restorer(*net_x4, device='cpu', tile=tile)
    found = restorer(photo / np.float32(255))
    assert np.abs(found - expected).max() < 1e-4


def test_padding_is_passed_on(net_x4, photo):
    net = net_x4[0]
    restorer = Restorer(*net_x4, device='cpu', padding='minimal')
    image = np.ascontiguousarray(photo[:32, :32]) / np.float32(255)
    tensor = torch.from_numpy(image).permute(2, 0, 1)[None]
    with torch.no_grad():
        minimal = net(tensor).image.clamp(0, 1)[0].permute(1, 2, 0).numpy()
    assert np.abs(restorer(image) - minimal).max() < 1e-5
    released = Restorer(*net_x4, device='cpu')(image)
    assert np.abs(released - minimal).max() > 1e-3


@pytest.mark.parametrize('scale', [4, 2, 1])
@torch.no_grad()
def test_inspect(scale, photo):
    net, info = tiny_network(scale)
    restorer = Restorer(net, info, device='cpu')
    mask = 'white' if scale == 1 else None
    image = torch.from_numpy(photo).permute(2, 0, 1)[None] / 255
    out = padded_forward(net, image)
    seen = restorer.inspect(photo, mask)
    down = {4: 2, 2: 4, 1: 8}[scale]
    h, w = -(-37 // down), -(-43 // down)
    assert seen.weight.shape == (2, h, w)
    assert seen.weight.dtype == np.float32
    np.testing.assert_allclose(
        seen.weight, out.weight[0, :, :h, :w], atol=1e-5
    )
    for found, quantized in zip(seen.indices, out.quantized, strict=True):
        assert found.dtype == np.int64
        np.testing.assert_array_equal(found, quantized.indices[0, :h, :w])
    assert seen.image.dtype == np.float32
    np.testing.assert_array_equal(
        seen.image, restorer(photo / np.float32(255), mask)
    )
    np.testing.assert_array_equal(
        restorer.inspect(Image.fromarray(photo), mask).image, seen.image
    )


def test_restoring_and_inspecting_in_one_pass(restorer, photo, monkeypatch):
    from adacode_mm.restoring import network_pass

    rgba = np.dstack([photo, photo[..., 0]])
    expected, seen = restorer(rgba), restorer.inspect(rgba)
    restore, calls, shares = network_pass.restore, [], []

    def counted(*args, **options):
        calls.append(1)
        return restore(*args, **options)

    monkeypatch.setattr(network_pass, 'restore', counted)
    found, inspection = restorer.restore_and_inspect(
        rgba, progress=lambda share, _: shares.append(share)
    )
    assert len(calls) == 1
    assert shares[-1] == 1
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(inspection.image, seen.image)
    np.testing.assert_array_equal(inspection.weight, seen.weight)


def test_inspect_without_a_weight_map(photo):
    net, info = tiny_network(1, swin=False, codebooks=1)
    seen = Restorer(net, info, device='cpu', tile='released').inspect(photo)
    assert seen.weight is None
    assert len(seen.indices) == 1
    assert seen.indices[0].shape == (5, 6)


def test_from_pretrained(net_x4, photo, expected, tmp_path):
    path = tmp_path / 'x4.safetensors'
    save_model(*net_x4, path)
    restorer = Restorer.from_pretrained(
        path, device='cpu', padding='released', tile='whole'
    )
    assert (restorer.task, restorer.scale) == ('sr', 4)
    assert restorer.info.architecture == 'AdaCode'
    assert restorer.device == torch.device('cpu')
    found = restorer(photo / np.float32(255))
    assert np.abs(found - expected).max() < 3e-5


def test_colours_that_opacity_hides_do_not_matter():
    """Seen: what the file with one colour everywhere gives."""
    restorer = Restorer(*tiny_network(2), device='cpu')
    cases = Path(__file__).parents[1] / 'data' / 'cases'
    given = read_picture(cases / 'rgba_green_outside.png')
    hidden = given.alpha == 0
    assert (given.pixels[hidden] == (0, 1, 0)).all()
    found = restorer.restore_picture(given)
    for color in (0, 1, given.pixels[~hidden].mean(0)):
        pixels = np.where(hidden[..., None], color, given.pixels)
        other = given._replace(pixels=pixels.astype(np.float32))
        again = restorer.restore_picture(other)
        np.testing.assert_array_equal(again.pixels, found.pixels)
    plain = restorer.restore_picture(other._replace(alpha=None))
    np.testing.assert_allclose(found.pixels, plain.pixels, atol=1e-4)
