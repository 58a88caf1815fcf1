"""Masks from files and boxes: exactly the pixels that were painted."""

import shutil
from pathlib import Path

import adacode_mm  # noqa: F401  # isort: skip  (before MMagic)
import numpy as np
import pytest
from mmagic.datasets.transforms import GetMaskedImage, LoadImageFromFile
from mmengine.registry import DefaultScope
from PIL import Image, ImageDraw
from tiny_stages import CONFIGS

from adacode_mm.core.exceptions import ConfigError, InputError
from adacode_mm.data.transforms.box_mask import BoxMask
from adacode_mm.data.transforms.load_mask_file import LoadMaskFile, read_mask
from adacode_mm.registry import DATASETS
from adacode_mm.training.run_config import load_config

PHOTO = Path(__file__).parents[1] / 'data/photos/coffee_odd_131x97.png'
WIDTH, HEIGHT = 131, 97


@pytest.fixture
def painted():
    """(97, 131) of bool: a disc at the right, a bar in the lower left."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    disc = (x - 100) ** 2 + (y - 30) ** 2 <= 20**2
    return disc | ((x < 40) & (y >= 80) & (y < 90))


def transparent(rgb, alpha):
    rgb = np.broadcast_to(np.uint8(rgb), (HEIGHT, WIDTH, 3))
    return Image.fromarray(np.dstack([rgb, np.uint8(alpha)]))


def noise(shape):
    return np.random.RandomState(0).randint(0, 256, shape)


KINDS = {
    'gray.png': lambda m: Image.fromarray(np.uint8(m) * 255),
    'one_bit.png': lambda m: Image.fromarray(m),
    # 0 and 1 of 255 is all but invisible; palettes store it like that.
    'palette.png': lambda m: (
        Image.fromarray(np.uint8(m) * 255)
        .convert('RGB')
        .convert('P', palette=Image.Palette.ADAPTIVE, colors=2)
    ),
    'rgb.bmp': lambda m: Image.fromarray(np.uint8(m) * 255).convert('RGB'),
    'dark_gray_paper.png': lambda m: Image.fromarray(
        np.where(m, 255, 90).astype(np.uint8)
    ),
    'sixteen_bit.png': lambda m: Image.fromarray(
        np.where(m, 65535, 20000).astype(np.uint16)
    ),
    'gray_alpha.png': lambda m: transparent(255, m * 255).convert('LA'),
    # White strokes on a layer of their own, whatever lies under the paper.
    'layer.png': lambda m: transparent(
        np.where(m[..., None], 255, noise((HEIGHT, WIDTH, 3))), m * 255
    ),
}


@pytest.mark.parametrize('name', KINDS)
def test_white_strokes_are_holes_in_every_kind_of_file(
    name, painted, tmp_path
):
    path = str(tmp_path / name)
    KINDS[name](painted).save(path)
    mask = read_mask(path)
    assert mask.dtype == np.uint8 and mask.shape == (HEIGHT, WIDTH, 1)
    np.testing.assert_array_equal(mask[..., 0], painted)
    inverse = read_mask(path, hole='dark')
    np.testing.assert_array_equal(inverse, 1 - mask)


@pytest.mark.parametrize('quality', [30, 75, 95])
def test_the_noise_of_a_jpeg_is_no_hole(quality, painted, tmp_path):
    path = str(tmp_path / 'mask.jpg')
    Image.fromarray(np.uint8(painted) * 255).save(path, quality=quality)
    values = np.asarray(Image.open(path))
    assert ((values > 0) & ~painted).sum() > 100  # holes for MMagic
    wrong = read_mask(path)[..., 0] != painted
    # Only right at the edges, where the JPEG itself has moved them.
    assert wrong.mean() < 0.005
    assert (values[~painted & ~wrong] < 128).all()
    if quality == 95:
        assert not wrong.any()


def test_erased_parts_are_holes_by_their_transparency(painted, tmp_path):
    path = str(tmp_path / 'erased.png')
    photo = np.asarray(Image.open(PHOTO).convert('RGB'))
    transparent(photo, ~painted * 255).save(path)
    mask = read_mask(path, channel='alpha', hole='dark')
    np.testing.assert_array_equal(mask[..., 0], painted)


def test_the_threshold_counts_as_light(tmp_path):
    path = str(tmp_path / 'ramp.png')
    Image.fromarray(np.arange(256, dtype=np.uint8)[None]).save(path)
    assert read_mask(path).sum() == 128
    assert read_mask(path, threshold=200)[0, 199:201, 0].tolist() == [0, 1]
    assert read_mask(path, threshold=1).sum() == 255


def load_photo():
    results = {'gt_path': str(PHOTO), 'sample_idx': 0}
    load = LoadImageFromFile('gt', channel_order='rgb')
    return load.transform(results)


def test_exactly_the_painted_pixels_become_white(painted, tmp_path):
    path = str(tmp_path / 'mask.png')
    Image.fromarray(np.uint8(painted) * 255).save(path)
    results = {**load_photo(), 'mask_path': path}
    results = LoadMaskFile().transform(results)
    img = GetMaskedImage(zero_value=255.0).transform(results)['img']
    np.testing.assert_array_equal(img[~painted], results['gt'][~painted])
    assert (img[painted] == 255).all()


def test_the_config_for_painted_masks_reads_images_and_masks(
    painted, tmp_path
):
    """What the network gets in stage3_inpaint_masks.py, to the pixel."""
    for folder in ('images', 'masks'):
        (tmp_path / folder).mkdir()
    shutil.copy(PHOTO, tmp_path / 'images')
    mask = tmp_path / 'masks' / PHOTO.with_suffix('.bmp').name
    Image.fromarray(np.uint8(painted) * 255).save(mask)
    path = CONFIGS / 'adacode' / 'stage3_inpaint_masks.py'
    cfg = load_config(str(path), cfg_options={'data_root': str(tmp_path)})
    with DefaultScope.overwrite_default_scope('mmagic'):
        (sample,) = DATASETS.build(cfg.test_dataloader.dataset)
    photo = np.asarray(Image.open(PHOTO).convert('RGB'))
    expected = np.where(painted[..., None], 255, photo)
    found = sample['inputs'].permute(1, 2, 0).numpy()
    np.testing.assert_array_equal(found, expected)
    found = sample['data_samples'].mask.permute(1, 2, 0).numpy()
    np.testing.assert_array_equal(found[..., 0], painted)
    assert 'hole_fill' not in cfg.model.generator  # the same white: default


def test_one_file_may_serve_all_images(painted, tmp_path):
    path = str(tmp_path / 'mask.png')
    Image.fromarray(np.uint8(painted) * 255).save(path)
    results = LoadMaskFile(path=path).transform(load_photo())
    np.testing.assert_array_equal(results['mask'][..., 0], painted)
    assert results['mask_path'] == path


def test_masks_turn_with_the_camera_as_photographs_do(painted, tmp_path):
    path = str(tmp_path / 'turned.jpg')
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned right by 90 degrees
    image = Image.fromarray(np.uint8(painted) * 255)
    image.save(path, quality=100, exif=exif)
    mask = read_mask(path)[..., 0]
    np.testing.assert_array_equal(mask, np.rot90(painted, -1))


def test_masks_that_do_not_fit_are_refused(painted, tmp_path):
    path = str(tmp_path / 'mask.png')
    Image.fromarray(np.uint8(painted.T) * 255).save(path)
    with pytest.raises(InputError, match=r'131x97 .* got 97x131: paint'):
        LoadMaskFile(path).transform(load_photo())
    with pytest.raises(InputError, match='needs the path of a mask'):
        LoadMaskFile().transform(load_photo())
    with pytest.raises(InputError, match='there is no such file'):
        read_mask(str(tmp_path / 'none.png'))
    with pytest.raises(InputError, match='must have an alpha channel'):
        read_mask(path, channel='alpha')
    broken = tmp_path / 'broken.png'
    broken.write_bytes(Path(path).read_bytes()[:60])
    with pytest.raises(InputError, match='must be a picture that can be read'):
        read_mask(str(broken))
    (tmp_path / 'text.png').write_text('no picture')
    with pytest.raises(InputError, match='must be a picture that can be read'):
        read_mask(str(tmp_path / 'text.png'))


@pytest.mark.parametrize(
    'options', [{'channel': 'red'}, {'hole': 'gray'}, {'threshold': 0}]
)
def test_unknown_options_are_refused(options):
    with pytest.raises(ConfigError, match=next(iter(options))):
        LoadMaskFile(**options)


def test_boxes_cover_exactly_their_pixels():
    boxes = [(3, 5, 10, 20), (120, -4, 50, 9), (8, 10, 10, 2)]
    mask = BoxMask(boxes).transform(load_photo())['mask']
    image = Image.new('1', (WIDTH, HEIGHT))
    draw = ImageDraw.Draw(image)
    for x, y, w, h in boxes:
        draw.rectangle((x, y, x + w - 1, y + h - 1), fill=1)
    np.testing.assert_array_equal(mask[..., 0], np.asarray(image))
    assert mask.sum() == 200 + 11 * 5 + 5 * 2  # 5 columns of it are new
    assert mask.dtype == np.uint8 and mask.shape == (HEIGHT, WIDTH, 1)


@pytest.mark.parametrize(
    'boxes', [[], [(1, 2, 3)], [(0, 0, 0, 5)], [(0.5, 0, 4, 4)]]
)
def test_boxes_without_area_are_refused(boxes):
    with pytest.raises(ConfigError, match='x, y, width, height'):
        BoxMask(boxes)


@pytest.mark.parametrize(
    'box', [(131, 0, 5, 5), (0, 97, 5, 5), (-5, 0, 5, 5), (0, -5, 5, 5)]
)
def test_boxes_outside_of_the_image_are_refused(box):
    with pytest.raises(InputError, match='must overlap the image, 131x97'):
        BoxMask([box]).transform(load_photo())


@pytest.mark.parametrize(
    'transform',
    [
        LoadMaskFile('a.png', 'alpha', 'dark', 7, mask_key='holes'),
        BoxMask([(1, 2, 3, 4)], gt_key='hq'),
    ],
)
def test_repr_builds_the_same_transform(transform):
    assert eval(repr(transform)).__dict__ == transform.__dict__
