"""`adacode video`, as a user calls it."""

import av
import numpy as np
import pytest
from clips import even_times, packets_of, photo_frames, seconds_of, write_clip
from tiny_networks import tiny_network

from adacode_mm.checkpoints.model_file import save_model
from adacode_mm.cli.main import main
from adacode_mm.restoring.restorer import Restorer
from adacode_mm.video import segments
from adacode_mm.video.clip import read_clip, read_frames


@pytest.fixture(autouse=True)
def short_segments(monkeypatch):
    monkeypatch.setattr(segments, 'LENGTH', 4)


@pytest.fixture(scope='module')
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp('model') / 'x2.safetensors'
    save_model(*tiny_network(2), path)
    return str(path)


def run(folder, model, *words):
    out = folder / 'large.mp4'
    given = ['video', str(folder / 'a.mp4'), '-o', str(out)]
    return main([*given, '--model', model, '--device', 'cpu', *words]), out


def images_of(path):
    clip = read_clip(str(path))
    return [x for _, x in read_frames(clip, clip.pts[0], clip.pts[-1] + 1)]


def test_every_frame_is_restored(tmp_path, model):
    source = tmp_path / 'a.mp4'
    write_clip(source, even_times(6), sound=True)
    words = ['--encoder', 'libx264', '--encoder-option', 'crf=1']
    code, out = run(tmp_path, model, *words, '--batch-size', '2')
    assert code == 0
    assert seconds_of(out) == seconds_of(source)
    assert packets_of(out, 'audio') == packets_of(source, 'audio')
    restorer = Restorer.from_pretrained(model, device='cpu')
    for given, found in zip(images_of(source), images_of(out), strict=True):
        expected = restorer(given)
        assert found.shape == expected.shape
        apart = np.abs(found.astype(float) - expected)
        # Random weights make colours that half the resolution cannot hold.
        assert apart.mean() < 12
    assert [x.name for x in tmp_path.iterdir() if x.name.startswith('.')] == []
    # It is not written over, unless that is wanted; nor is the source.
    assert run(tmp_path, model)[0] == 2
    assert main(['video', str(source), '-o', str(source)]) == 2


def test_an_interrupted_run_goes_on(tmp_path, model, monkeypatch, capsys):
    write_clip(tmp_path / 'a.mp4', even_times(10))
    restored = []
    call = Restorer.__call__

    def counting(self, images, *args, **options):
        restored.extend(images)
        if stop_at and len(restored) > stop_at:
            raise KeyboardInterrupt
        return call(self, images, *args, **options)

    monkeypatch.setattr(Restorer, '__call__', counting)
    stop_at = 6
    code, out = run(tmp_path, model)
    assert code == 130 and not out.exists()
    restored.clear()
    stop_at = 0
    code, out = run(tmp_path, model)
    assert code == 0
    assert len(restored) == 6  # the first segment was done
    assert '1 done before' in capsys.readouterr().out
    assert len(seconds_of(out)) == 10


def test_a_segment_that_was_deleted_is_restored_again(
    tmp_path, model, monkeypatch
):
    write_clip(tmp_path / 'a.mp4', even_times(10))
    call, stop_at = Restorer.__call__, [9]

    def interrupted(self, images, *args, **options):
        stop_at[0] -= 1
        if stop_at[0] < 0:
            raise KeyboardInterrupt
        return call(self, images, *args, **options)

    monkeypatch.setattr(Restorer, '__call__', interrupted)
    code, out = run(tmp_path, model)
    assert code == 130
    (tmp_path / '.large.mp4.parts' / 'segment_000000.nut').unlink()
    stop_at[0] = 100
    code, out = run(tmp_path, model)
    assert code == 0 and len(seconds_of(out)) == 10


def test_another_model_begins_anew(tmp_path, model, monkeypatch):
    write_clip(tmp_path / 'a.mp4', even_times(6))
    call = Restorer.__call__

    def interrupted(self, images, *args, **options):
        frames.append(images)
        if len(frames) > 5:
            raise KeyboardInterrupt
        return call(self, images, *args, **options)

    frames: list = []
    with monkeypatch.context() as patch:
        patch.setattr(Restorer, '__call__', interrupted)
        assert run(tmp_path, model)[0] == 130
    parts = tmp_path / '.large.mp4.parts'
    assert [x.name for x in parts.glob('*.nut')] == ['segment_000000.nut']
    other = tmp_path / 'other.safetensors'
    save_model(*tiny_network(4), other)
    code, out = run(tmp_path, str(other))
    assert code == 0
    assert {x.shape for x in images_of(out)} == {(128, 192, 3)}


def test_details_follow_the_motion(tmp_path, model):
    write_clip(tmp_path / 'a.mp4', even_times(6))
    fine = ['--encoder-option', 'crf=1']
    code, out = run(tmp_path, model, '--temporal', *fine)
    assert code == 0 and len(seconds_of(out)) == 6
    (tmp_path / 'plain').mkdir()
    write_clip(tmp_path / 'plain' / 'a.mp4', even_times(6))
    _, plain = run(tmp_path / 'plain', model, *fine)
    pairs = list(zip(images_of(out), images_of(plain), strict=True))
    apart = [np.abs(a.astype(int) - b).mean() for a, b in pairs]
    assert 2 * apart[0] < min(apart[1:])


def test_steady_keeps_what_stands_still_and_forgets_a_cut():
    from adacode_mm.video.steady import Steady

    first, *_, other = photo_frames(60, 48, 32)
    rng = np.random.default_rng(0)
    large = np.repeat(np.repeat(first, 2, 0), 2, 1).astype(int)
    noisy = [
        (large + rng.normal(0, 8, large.shape)).clip(0, 255).astype(np.uint8)
        for _ in range(8)
    ]
    steady = Steady()
    results = [steady(first, each) for each in noisy]

    def noise(image):
        return (image - large).std()

    assert noise(results[-1]) < 0.7 * noise(noisy[-1])
    cut = np.repeat(np.repeat(other, 2, 0), 2, 1)
    assert np.abs(steady(other, cut).astype(int) - cut).mean() < 1


def test_details_go_on_from_segment_to_segment(tmp_path, monkeypatch):
    """Noise is as low behind the border of segments as before it."""
    source = tmp_path / 'a.mp4'
    write_clip(source, even_times(16))
    clip = read_clip(str(source))
    rng, photo = np.random.default_rng(0), photo_frames(1, 48, 32)[0]

    def noisy(frames, batch_size):
        return [
            (photo + rng.normal(0, 8, photo.shape))
            .clip(0, 255)
            .astype('uint8')
            for _ in frames
        ]

    frames = [(time, photo) for time in clip.pts]
    monkeypatch.setattr(
        segments,
        'read_frames',
        lambda clip, start, stop: (
            each for each in frames if start <= each[0] < stop
        ),
    )
    task = segments.SegmentTask(
        clip, tmp_path, None, lambda: noisy, 1, True, {}
    )
    task.open()
    found = {
        time: (image.astype(float) - photo).std()
        for each in segments.plan_segments(16, 8)
        for time, image in task._restored(each)
    }
    assert list(found) == list(clip.pts)
    noise = list(found.values())
    assert noise[8] < 1.15 * noise[7] < 0.6 * noise[0]


@pytest.mark.parametrize(
    ('words', 'said'),
    [
        (['--out', 'b.mp4', '--model', 'adacode-tiny-inpaint'], 'inpaint'),
        (['--out', 'b.gif3'], '.gif3'),
        (['--out', 'nowhere/b.mp4'], 'nowhere'),
        (['--out', 'b.mp4', '--workers', '0'], '--workers'),
        (['--out', 'b.mp4', '--encoder', 'x999'], 'x999'),
    ],
)
def test_bad_input(tmp_path, monkeypatch, capsys, words, said):
    monkeypatch.chdir(tmp_path)
    write_clip(tmp_path / 'a.mp4', even_times(2))
    assert main(['video', 'a.mp4', *words, '--device', 'cpu']) == 2
    assert said in capsys.readouterr().err
    assert [x.name for x in tmp_path.iterdir()] == ['a.mp4']


def test_without_pyav(tmp_path, monkeypatch, capsys):
    import sys

    monkeypatch.setitem(sys.modules, 'av', None)
    (tmp_path / 'a.mp4').touch()
    assert main(['video', str(tmp_path / 'a.mp4')]) == 2
    assert 'adacode-mm[video]' in capsys.readouterr().err


def test_a_video_without_suffix_for_its_stream(tmp_path, model, capsys):
    """WebM has no room for AAC: the sound is left out and it is said."""
    write_clip(tmp_path / 'a.mp4', even_times(2), sound=True)
    out = tmp_path / 'b.webm'
    words = ['video', str(tmp_path / 'a.mp4'), '-o', str(out)]
    assert main([*words, '--model', model, '--device', 'cpu']) == 0
    assert 'aac' in capsys.readouterr().out
    with av.open(str(out)) as container:
        assert [x.type for x in container.streams] == ['video']
