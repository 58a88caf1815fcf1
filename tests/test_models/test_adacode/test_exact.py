"""Strips of rows give the image of the whole pass."""

import os
import tempfile
import threading

import pytest
import torch

from adacode_mm.core.exceptions import OutputError
from adacode_mm.models.adacode.exact.exact_forward import exact_forward
from adacode_mm.models.adacode.exact.held_map import FileMap, MemoryMap
from adacode_mm.models.adacode.exact.layer_calls import hear_layers
from adacode_mm.models.adacode.exact.passes import Limits
from adacode_mm.models.adacode.fast.accelerate import accelerate
from adacode_mm.models.layers.map_statistics import MapStatistics
from adacode_mm.models.layers.padding import pad_image, padded_forward

KINDS = ('sr_x4', 'sr_x2', 'inpainting', 'femasr', 'stage1', 'stage2')
EVERYTHING, NOTHING = 2**40, 0


def limits(maps=EVERYTHING, latent_rows=None, strip=2**20):
    return Limits(maps, strip, latent_rows, tempfile.gettempdir())


def exact(net, image, rule='released', progress=None, **options):
    with torch.no_grad():
        return exact_forward(net, image, rule, limits(**options), progress)


def assert_same(found, expected):
    assert found.image.shape == expected.image.shape
    assert (found.image - expected.image).abs().max() < 5e-5
    for a, b in zip(found.quantized, expected.quantized, strict=True):
        assert torch.equal(a.indices, b.indices)
    assert (found.mixed - expected.mixed).abs().max() < 5e-5
    assert (found.feat - expected.feat).abs().max() < 5e-5
    if expected.weight is None:
        assert found.weight is None
    else:
        assert (found.weight - expected.weight).abs().max() < 1e-5


@pytest.mark.parametrize('faster', [False, True], ids=['plain', 'faster'])
@pytest.mark.parametrize('kind', KINDS)
@torch.no_grad()
def test_strips_give_the_whole_image(tiny_net, kind, faster):
    net = tiny_net(kind)
    image = torch.rand(1, 3, 53, 38)
    for rule in ('released', 'minimal'):
        whole = padded_forward(net, image, rule)
        # There is something to see, and codes differ from place to place.
        assert whole.image.std() > 0.1
        assert any(q.indices.unique().numel() > 1 for q in whole.quantized)
        tried = accelerate(net) if faster else net
        for rows, maps in ((1, NOTHING), (3, EVERYTHING), (None, NOTHING)):
            found = exact(tried, image, rule, latent_rows=rows, maps=maps)
            assert_same(found, whole)


def test_statistics_of_a_strip_would_be_seen(tiny_net, monkeypatch):
    """What the tests above can tell apart: normalisation per strip."""
    net, image = tiny_net('sr_x4'), torch.rand(1, 3, 53, 38)
    whole = padded_forward(net, image)
    write = MemoryMap.write

    def forgetful(self, first, strip):
        write(self, first, strip)
        self.statistics = MapStatistics(self.channels)
        self.statistics.add(strip)

    monkeypatch.setattr(MemoryMap, 'write', forgetful)
    found = exact(net, image, latent_rows=3)
    assert (found.image - whole.image).abs().max() > 0.05


@pytest.mark.parametrize('rows', [1, 2, 5, 8, 100])
def test_the_height_of_strips_changes_nothing(tiny_net, rows):
    net, image = tiny_net('inpainting'), torch.rand(1, 3, 70, 33)
    assert_same(
        exact(net, image, latent_rows=rows), padded_forward(net, image)
    )


def test_a_grid_rounded_up(tiny_net):
    """31 pixels are mirrored to 62, which the encoder rounds up to 64."""
    net, image = tiny_net('stage2'), torch.rand(1, 3, 15, 40)
    assert pad_image(net, image).shape[2] == 30
    assert_same(exact(net, image, latent_rows=1), padded_forward(net, image))


def test_half_precision(tiny_net):
    """Not further from float32 than the whole pass in bfloat16."""
    net, image = tiny_net('stage2'), torch.rand(1, 3, 53, 38)
    for quantizer in net.quantizers:  # no code is near another one
        torch.nn.init.normal_(quantizer.embedding.weight, std=20)
    precise = padded_forward(net, image)
    with torch.autocast('cpu', torch.bfloat16):
        whole = padded_forward(net, image)
        found = exact(net, image, latent_rows=2, maps=NOTHING)
    assert found.image.dtype == whole.image.dtype == torch.bfloat16
    same = [
        torch.equal(a.indices, b.indices)
        for a, b in zip(found.quantized, precise.quantized, strict=True)
    ]
    assert all(same)
    error = (found.image.float() - precise.image).square().mean()
    usual = (whole.image.float() - precise.image).square().mean()
    assert 0 < error < 1.5 * usual


def test_progress_is_told_strip_by_strip(tiny_net):
    told = []
    net, image = tiny_net('sr_x4'), torch.rand(1, 3, 53, 38)
    exact(
        net,
        image,
        latent_rows=4,
        progress=lambda done, message: told.append((done, message)),
    )
    fractions = [done for done, _ in told]
    assert fractions == sorted(fractions)
    assert len(set(fractions)) > 50
    assert 0 < fractions[0] < 0.1
    assert fractions[-1] == pytest.approx(1)
    messages = list(dict.fromkeys(message for _, message in told))
    assert messages == ['encoding', 'codebooks', 'skip features', 'decoding']


def test_layers_run_by_another_thread_are_not_heard(tiny_net):
    """Two threads may restore with one network."""
    net, heard = tiny_net('sr_x4'), []
    with hear_layers(net.modules(), heard.append):
        other = threading.Thread(target=net, args=[torch.rand(1, 3, 16, 16)])
        other.start()
        other.join()
        assert heard == []
        net(torch.rand(1, 3, 16, 16))
        assert len(heard) > 20


@pytest.mark.parametrize('error', [KeyboardInterrupt, RuntimeError])
def test_nothing_stays_behind(tiny_net, tmp_path, monkeypatch, error):
    files = []
    real = tempfile.TemporaryFile

    def recorded(*args, **kwargs):
        files.append(real(*args, **kwargs))
        return files[-1]

    monkeypatch.setattr(tempfile, 'TemporaryFile', recorded)
    monkeypatch.setattr(tempfile, 'tempdir', str(tmp_path))

    def stop(done, message):
        # Without a name from the start: nothing to remove after a kill.
        assert list(tmp_path.iterdir()) == []
        if done > 0.5:
            raise error

    with pytest.raises(error):
        exact(
            tiny_net('sr_x4'),
            torch.rand(1, 3, 53, 38),
            progress=stop,
            maps=NOTHING,
        )
    assert len(files) > 3
    assert all(file.closed for file in files)


def test_maps_go_to_files_when_memory_is_full(tiny_net, monkeypatch):
    net, image = tiny_net('sr_x4'), torch.rand(1, 3, 53, 38)
    kinds = []
    for kind in (FileMap, MemoryMap):
        put = kind._put

        def recorded(self, first, pixels, put=put):
            kinds.append((type(self), self.shape))
            put(self, first, pixels)

        monkeypatch.setattr(kind, '_put', recorded)
    # The padded image has 56x40 pixels, the latent grid 28x20.
    largest = 8 * 224 * 160 * 4
    found = exact(net, image, maps=largest)
    used = dict.fromkeys(kinds)
    assert {kind for kind, _ in used} == {FileMap, MemoryMap}
    assert (MemoryMap, (16, 28, 20)) in used
    assert (FileMap, (8, 224, 160)) in used
    assert_same(found, padded_forward(net, image))


@pytest.mark.parametrize('share', [0, 0.9, 1.5])
def test_room_on_the_disk_is_known_before(tiny_net, monkeypatch, share):
    """To the byte; a map that is too large leaves memory empty."""
    net, image = tiny_net('sr_x4'), torch.rand(1, 3, 53, 38)
    maps = int(share * 8 * 224 * 160 * 4)
    files, most = {}, 0
    put, close = FileMap._put, FileMap.close

    def recorded(self, first, pixels):
        nonlocal most
        put(self, first, pixels)
        files[self] = os.fstat(self._file.fileno()).st_size
        most = max(most, sum(files.values()))

    def closed(self):
        files.pop(self, None)
        close(self)

    monkeypatch.setattr(FileMap, '_put', recorded)
    monkeypatch.setattr(FileMap, 'close', closed)
    exact(net, image, maps=maps)
    assert most > 0
    assert not files
    usage = type('Usage', (), {'free': most})
    monkeypatch.setattr('shutil.disk_usage', lambda folder: usage)
    exact(net, image, maps=maps)
    usage.free -= 1
    with pytest.raises(OutputError, match='for temporary files'):
        exact(net, image, maps=maps)


def test_no_room_on_the_disk(tiny_net, monkeypatch):
    usage = type('Usage', (), {'free': 1000})
    monkeypatch.setattr('shutil.disk_usage', lambda folder: usage)
    with pytest.raises(OutputError, match=r'GiB for temporary .*TMPDIR'):
        exact(tiny_net('sr_x4'), torch.rand(1, 3, 53, 38), maps=NOTHING)
    exact(tiny_net('sr_x4'), torch.rand(1, 3, 53, 38))  # needs no disk


def test_a_disk_that_fills_up(tmp_path):
    kept = FileMap((2, 4, 4), str(tmp_path), torch.device('cpu'))
    kept._file.close()
    with (
        open('/dev/full', 'wb', buffering=0) as kept._file,
        pytest.raises(OutputError, match=r'No space left.*TMPDIR'),
    ):
        kept.write(0, torch.zeros(1, 2, 4, 4))
    missing = str(tmp_path / 'missing')
    with pytest.raises(OutputError, match=r'must fit into .*missing'):
        FileMap((2, 4, 4), missing, torch.device('cpu'))


@pytest.mark.parametrize('dtype', [torch.float32, torch.bfloat16])
def test_a_file_gives_back_what_it_got(tmp_path, dtype):
    kept = FileMap((3, 6, 5), str(tmp_path), torch.device('cpu'))
    values = torch.randn(1, 3, 6, 5).to(dtype)
    for first, last in ((0, 2), (2, 5), (5, 6)):
        kept.write(first, values[:, :, first:last])
    assert torch.equal(kept.rows(1, 6), values[:, :, 1:])
    assert kept.rows(3, 4).dtype == dtype
    mean = values.double().mean((0, 2, 3))
    assert torch.allclose(kept.statistics.mean, mean, atol=1e-6)
    # From row 0 on it is another map.
    kept.write(0, values + 1)
    shifted = (values + 1).double().mean((0, 2, 3))
    assert torch.allclose(kept.statistics.mean, shifted, atol=1e-6)
    kept._file.truncate(10)
    with pytest.raises(OutputError, match='ends before it'):
        kept.rows(0, 6)
