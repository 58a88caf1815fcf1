"""Files that were once read wrongly: see tests/data/cases/README.md."""

from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

from adacode_mm.core.exceptions import InputError
from adacode_mm.images.formats import IMAGE_SUFFIXES
from adacode_mm.images.png_chunks import chunks
from adacode_mm.images.read_picture import read_picture
from adacode_mm.images.write_picture import write_picture
from adacode_mm.work.inputs import find_inputs
from adacode_mm.work.plan import plan_jobs

CASES = Path(__file__).parents[1] / 'data' / 'cases'


def test_planes_of_16_bits():
    found = read_picture(CASES / 'planar16.tif')
    content = (CASES / 'planar16.tif').read_bytes()
    planes = np.frombuffer(content[-3 * 40 * 56 * 2 :], '<u2')
    planes = planes.reshape(3, 40, 56)
    expected = np.moveaxis(planes, 0, 2) / np.float32(65535)
    np.testing.assert_array_equal(found.pixels, expected)
    assert found.bits == 16


def test_white_of_16_bits_stays_white():
    found = read_picture(CASES / 'white16.jp2')
    assert found.bits == 16
    assert (found.pixels == 1).all()


def test_gray_with_alpha_of_16_bits_is_gray(tmp_path):
    found = read_picture(CASES / 'la16.png')
    assert (found.gray, found.bits) == (True, 16)
    write_picture(tmp_path / 'a.png', found)
    again = read_picture(tmp_path / 'a.png')
    np.testing.assert_array_equal(again.pixels, found.pixels)
    np.testing.assert_array_equal(again.alpha, found.alpha)


@pytest.mark.parametrize(
    ('name', 'key', 'top', 'count'),
    [('gray2_trns_white.png', 3, 3, 182), ('gray4_trns.png', 5, 15, 360)],
)
def test_one_transparent_gray(name, key, top, count):
    found = read_picture(CASES / name)
    assert found.gray
    clear = found.alpha == 0
    assert clear.sum() == count
    assert (found.pixels[..., 0] == np.float32(key / top))[clear].all()
    assert (found.pixels[..., 0] != np.float32(key / top))[~clear].all()
    assert (found.alpha[~clear] == 1).all()


def test_hdr_says_so_afterwards(tmp_path):
    found = read_picture(CASES / 'cicp_pq.png')
    assert write_picture(tmp_path / 'a.png', found) == []
    written = dict(chunks((tmp_path / 'a.png').read_bytes()))
    assert written[b'cICP'] == bytes((9, 16, 0, 1))
    assert len(write_picture(tmp_path / 'a.tif', found)) == 1


def test_a_large_profile(tmp_path):
    found = read_picture(CASES / 'icc_big.png')
    assert len(found.icc_profile) > 1_400_000
    write_picture(tmp_path / 'a.png', found)
    again = read_picture(tmp_path / 'a.png')
    assert again.icc_profile == found.icc_profile


def test_ten_bits():
    found = read_picture(CASES / 'maxval1023.pgm')
    content = (CASES / 'maxval1023.pgm').read_bytes()
    values = np.frombuffer(content[-40 * 56 * 2 :], '>u2').reshape(40, 56)
    expected = np.rint(values * (65535 / 1023)) / 65535
    np.testing.assert_allclose(found.pixels[..., 0], expected, atol=1e-7)
    assert (found.bits, found.gray) == (16, True)


def test_no_program_is_started(tmp_path, monkeypatch):
    """A stand-in for Ghostscript would leave a file."""
    for name in ('gs', 'gswin64c', 'gswin32c'):
        program = tmp_path / name
        program.write_text(f'#!/bin/sh\ntouch {tmp_path}/started\n')
        program.chmod(0o755)
    monkeypatch.setenv('PATH', str(tmp_path), prepend=':')
    with pytest.raises(InputError):
        read_picture(CASES / 'eps.png')
    assert not (tmp_path / 'started').exists()


def test_what_a_camera_wrote(tmp_path):
    found = read_picture(CASES / 'exif_dpi.jpg')
    for name in ('a.jpg', 'a.png', 'a.tif', 'a.webp'):
        assert write_picture(tmp_path / name, found) == []
        with Image.open(CASES / 'exif_dpi.jpg') as before:
            given = before.getexif()
        with Image.open(tmp_path / name) as after:
            kept = after.getexif()
            details = kept.get_ifd(ExifTags.IFD.Exif)
        for tag in (
            ExifTags.Base.Make,
            ExifTags.Base.Copyright,
            ExifTags.Base.DateTime,
        ):
            if tag in given:
                assert kept[tag] == given[tag]
        expected = given.get_ifd(ExifTags.IFD.Exif)
        assert {tag: details[tag] for tag in expected} == expected
        again = read_picture(tmp_path / name)
        np.testing.assert_allclose(again.metadata.dpi, 300, atol=0.02)


@pytest.mark.parametrize('name', ['photo.avif', 'photo.jfif'])
def test_other_names_of_photographs(name):
    assert Path(name).suffix in IMAGE_SUFFIXES
    found = read_picture(CASES / name)
    with Image.open(CASES / name) as image:
        expected = np.asarray(image) / np.float32(255)
    np.testing.assert_array_equal(found.pixels, expected)


def test_a_folder_is_restored_whole_and_the_rest_named():
    found = find_inputs([str(CASES)])
    names = {job.below.name for job in plan_jobs(found.files, 'out')}
    assert {'photo.avif.png', 'photo.jfif.png', 'planar16.tif'} <= names
    assert len(names) == len(found.files) == 15
    assert [Path(name).name for name, _ in found.others] == ['README.md']


def test_the_suffixes_of_heic_and_others_count():
    assert {'.heic', '.jpe', '.tga', '.pgm', '.jp2'} <= IMAGE_SUFFIXES


def test_the_files_are_those_of_the_table():
    text = (CASES / 'README.md').read_text()
    names = {path.name for path in CASES.iterdir()} - {'README.md'}
    assert all(f'`{name}`' in text for name in names)
    assert len(names) == 15
