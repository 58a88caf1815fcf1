from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image
from tiny_networks import tiny_network

from adacode_mm.core.exceptions import InputError
from adacode_mm.images.picture import Picture
from adacode_mm.models.layers.hole_fill import harmonic_fill
from adacode_mm.models.layers.padding import padded_forward
from adacode_mm.restoring.restorer import Restorer

PHOTOS = Path(__file__).parents[1] / 'data' / 'photos'


@pytest.fixture(scope='module')
def model():
    return tiny_network(1)


@pytest.fixture(scope='module')
def restorer(model):
    return Restorer(*model, device='cpu')


@pytest.fixture(scope='module')
def photo():
    image = cv2.imread(str(PHOTOS / 'coffee_odd_131x97.png'))
    return np.ascontiguousarray(image[:40, :50, ::-1])


@pytest.fixture(scope='module')
def holes():
    stroke = np.zeros((40, 50), np.uint8)
    cv2.line(stroke, (5, 8), (40, 30), 1, 7)
    return stroke.astype(bool)


@pytest.fixture(scope='module')
def filled(model, photo, holes):
    """What the plain network makes of the photograph painted white."""
    painted = np.where(holes[..., None], 255, photo)
    image = torch.from_numpy(painted / np.float32(255)).permute(2, 0, 1)
    with torch.no_grad():
        out = padded_forward(model[0], image[None].float()).image[0]
    return out.clamp(0, 1).permute(1, 2, 0).numpy()


def test_known_pixels_stay_as_they_are(restorer, photo, holes, filled):
    for given in (photo, photo * np.uint16(257), photo / np.float32(255)):
        found = restorer(given, holes)
        np.testing.assert_array_equal(found[~holes], given[~holes])
        top = {'u': np.iinfo(given.dtype).max if given.dtype != 'f' else 1}
        top = top.get(given.dtype.kind, 1)
        step = 0.51 / top if given.dtype.kind == 'u' else 3e-5
        assert np.abs(found / top - filled)[holes].max() < step + 3e-5
        assert np.abs(found / top - 1)[holes].mean() > 0.1, 'still white'


def test_the_released_output_on_request(model, photo, holes, filled):
    restorer = Restorer(*model, device='cpu', composite=False)
    found = restorer(photo / np.float32(255), holes)
    assert np.abs(found - filled).max() < 3e-5
    assert np.abs(found - photo / 255)[~holes].mean() > 0.05


def test_holes_that_are_white_already(restorer, photo, holes, filled):
    painted = np.where(holes[..., None], 1, photo / np.float32(255))
    found = restorer(painted.astype(np.float32), 'white')
    assert np.abs(found - filled).max() < 3e-5, 'and nothing is put back'


def test_holes_that_the_network_wants_filled(photo, holes):
    """Whatever they hold, and also where white says where they are."""
    net, info = tiny_network(1)
    net.hole_fill = 'harmonic'
    restorer = Restorer(net, info, device='cpu', composite=False)
    image = torch.from_numpy(photo / np.float32(255)).permute(2, 0, 1)[None]
    smooth = harmonic_fill(image, torch.from_numpy(holes)[None, None])
    with torch.no_grad():
        expected = padded_forward(net, smooth).image[0].clamp(0, 1)
    expected = expected.permute(1, 2, 0).numpy()
    found = restorer(photo / np.float32(255), holes)
    assert np.abs(found - expected).max() < 3e-5
    for value in (0, 1):
        painted = np.where(holes[..., None], value, photo / np.float32(255))
        found = restorer(painted.astype(np.float32), holes)
        assert np.abs(found - expected).max() < 3e-5
    found = restorer(painted.astype(np.float32), 'white')
    assert np.abs(found - expected).max() < 3e-5


def test_grey_keeps_its_known_pixels(restorer, photo, holes):
    gray = photo[..., 1]
    found = restorer(gray, holes)
    np.testing.assert_array_equal(found[~holes], gray[~holes])
    assert (found[holes] != gray[holes]).mean() > 0.5
    found = restorer(Image.fromarray(gray), holes)
    np.testing.assert_array_equal(np.asarray(found)[~holes], gray[~holes])


def test_pictures(restorer, photo, holes):
    given = Picture(photo / np.float32(255), None, 8, False, None, [])
    found = restorer.restore_picture(given, holes)
    np.testing.assert_array_equal(found.pixels[~holes], given.pixels[~holes])
    np.testing.assert_array_equal(found.pixels, restorer(given.pixels, holes))
    np.testing.assert_array_equal(
        restorer.inspect(given.pixels, holes).image, found.pixels
    )


def test_every_kind_of_mask(restorer, photo, holes, tmp_path):
    white = holes.astype(np.uint8) * 255
    coloured = np.zeros((*holes.shape, 3), np.uint8)
    coloured[holes] = 255, 0, 0
    Image.fromarray(white).save(tmp_path / 'mask.png')
    Image.fromarray(holes).save(tmp_path / 'bits.png')
    Image.fromarray(coloured).save(tmp_path / 'red.png')
    opaque = np.dstack([coloured, np.full_like(white, 255)])
    # JPEG blurs edges and leaves grey shadows around them.
    Image.fromarray(white).save(tmp_path / 'mask.jpg', quality=90)
    masks = {
        'bool': holes,
        '0 and 1': holes.astype(np.uint8),
        '0 and 255': white,
        '16 bits': white * np.uint16(257),
        'float': holes.astype(np.float32),
        'one channel': white[..., None],
        'colours': coloured,
        'soft': np.where(holes, 0.5, 0.49),
        'tensor': torch.from_numpy(holes),
        'tensor with channel': torch.from_numpy(white)[None],
        'half': torch.from_numpy(holes)[None].half(),
        'pil': Image.fromarray(white),
        'pil, 1 bit': Image.fromarray(holes),
        'pil, opaque': Image.fromarray(opaque),
        'file': tmp_path / 'mask.png',
        'file of bits': str(tmp_path / 'bits.png'),
        'file in red': tmp_path / 'red.png',
        'jpeg': tmp_path / 'mask.jpg',
    }
    expected = restorer(photo, holes)
    for name, mask in masks.items():
        found = restorer(photo, mask)
        if name == 'jpeg':
            soft = np.asarray(Image.open(mask))
            assert len(np.unique(soft)) > 20
            off = (found != expected).any(-1)
            assert not off[cv2.erode(white, np.ones((3, 3))) > 0].all()
            assert not off[cv2.dilate(white, np.ones((3, 3))) == 0].any()
            continue
        np.testing.assert_array_equal(found, expected, name)


def test_no_hole(restorer, photo):
    nothing = np.zeros(photo.shape[:2], bool)
    np.testing.assert_array_equal(restorer(photo, nothing), photo)
    np.testing.assert_array_equal(
        restorer(photo, nothing.astype(np.uint8)), photo
    )


def test_masks_of_several_images(restorer, photo, holes):
    images = [photo, photo[::-1]]
    masks = [holes, holes[:, ::-1]]
    expected = [restorer(*pair) for pair in zip(images, masks, strict=True)]
    batch, stack = np.stack(images), np.stack(masks)
    for found in (
        restorer(images, masks),
        restorer(images, iter(masks)),
        list(restorer(iter(images), masks)),
        restorer(batch, stack),
        restorer(batch, stack[..., None]),
        restorer(
            torch.from_numpy(batch).permute(0, 3, 1, 2),
            torch.from_numpy(stack)[:, None],
        ).permute(0, 2, 3, 1),
    ):
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_array_equal(one, other)
    for found in (restorer(images, holes), restorer(batch, holes)):
        np.testing.assert_array_equal(found[0], expected[0])
        np.testing.assert_array_equal(found[1], restorer(images[1], holes))
    with pytest.raises(InputError, match='got 1 masks for 2 images'):
        restorer(images, masks[:1])
    with pytest.raises(InputError, match='got 3 masks for 2 images'):
        restorer(images, [*masks, holes])
    with pytest.raises(InputError, match='got 3 masks for 2 images'):
        restorer(batch, np.stack([*masks, holes]))
    with pytest.raises(InputError, match=r'Image 2: .* 1 masks for more im'):
        list(restorer(iter(images), iter(masks[:1])))


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (
            lambda m: m[:, :-1],
            r'mask must be as large as the image, 50x40, got 49x40: resize',
        ),
        (lambda m: m.T, 'as large as the image, 50x40, got 40x50'),
        (lambda m: m[:0], 'as large as the image, 50x40, got 50x0'),
        (lambda m: m[0], r'shape \(H, W\) of the image, got \(50,\)'),
        (
            lambda m: np.stack([m, m]),
            r'shape \(H, W\) of the image, got \(2, 40, 50\)',
        ),
        (
            lambda m: m.astype(np.int64),
            r'boolean, uint8, uint16, .* got int64 of 0 to 1',
        ),
        (
            lambda m: m * np.float32(255),
            r'floating point in \[0, 1\], got float32 of 0\.0 to 255\.0',
        ),
        (
            lambda m: np.where(m, np.nan, 0),
            r'floating point in \[0, 1\], got float64 of nan to nan',
        ),
        (lambda m: m * 1j, r'got complex128'),
        (
            lambda m: m * np.uint8(5),
            r'must be white \(255\) in holes, but its brightest value is 5',
        ),
        (lambda m: m * 0.4, r'must be white \(1\).* value is 0\.4: raise it'),
        (
            lambda m: Image.fromarray(
                np.dstack([m * np.uint8(0)] * 3 + [m * np.uint8(255)])
            ),
            'must be opaque, white in holes and black elsewhere, but this',
        ),
        (lambda m: np.ma.masked_array(m, m), 'mask must .* a masked array'),
        (
            lambda m: torch.from_numpy(m).float().to_sparse(),
            'mask must be a tensor with all its values',
        ),
        (lambda _: 3, 'A mask must be an array, .* got int'),
        (lambda _: 'gone.png', r'gone\.png: The file cannot be read: No'),
        (
            lambda _: None,
            r"needs a mask of the holes: pass mask=.*'white' if",
        ),
    ],
    ids=range(17),
)
def test_masks_that_are_none(restorer, photo, holes, change, message):
    with pytest.raises(InputError, match=message):
        restorer(photo, change(holes))


def test_a_mask_for_another_task(photo, holes):
    for scale, swin, task in ((4, True, 'sr'), (1, False, 'reconstruct')):
        model = tiny_network(scale, swin)
        with pytest.raises(
            InputError, match=f'for inpainting, but the model is for {task}:'
        ):
            Restorer(*model, device='cpu')(photo, holes)
        with pytest.raises(InputError, match=f'composite is .* for {task}:'):
            Restorer(*model, device='cpu', composite=True)
