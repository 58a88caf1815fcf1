"""A clip is read, encoded in segments and joined, without a network."""

from fractions import Fraction

import av
import numpy as np
import pytest
from clips import (
    STEP,
    TICKS,
    even_times,
    packets_of,
    photo_frames,
    seconds_of,
    write_clip,
)

from adacode_mm.core.exceptions import InputError
from adacode_mm.video.clip import FULL, LIMITED, read_clip, read_frames
from adacode_mm.video.encode import choose_encoding, pixel_format
from adacode_mm.video.join import join
from adacode_mm.video.segments import SegmentTask, plan_segments


def same_frames(frames, batch_size):
    return frames


def passed_through(path, output, length=8, **options):
    """The clip decoded, encoded again and joined; what was remarked."""
    clip = read_clip(str(path))
    encoding = choose_encoding(output.suffix, **options)
    folder = output.parent / 'parts'
    folder.mkdir()
    task = SegmentTask(
        clip, folder, encoding, lambda: same_frames, 3, False, {}
    )
    task.open()
    segments = plan_segments(len(clip.pts), length)
    remarks = [
        remark
        for found in task.compute(segments, lambda done, step: None)
        for remark in found
    ]
    paths = [folder / each.name for each in segments]
    return clip, remarks + join(clip, paths, output)


def images_of(path):
    clip = read_clip(str(path))
    return [x for _, x in read_frames(clip, clip.pts[0], clip.pts[-1] + 1)]


@pytest.mark.parametrize(
    ('options', 'matrix', 'range_', 'tolerance'),
    [
        ({}, 'ITU709', LIMITED, 2.5),
        ({'full': True}, 'ITU709', FULL, 2.5),
        ({'matrix': ('ITU601', 6)}, 'ITU601', LIMITED, 2.5),
        ({'pixel_format': 'yuv420p10le'}, 'ITU709', LIMITED, 2.5 * 257),
    ],
)
def test_colours_stay(tmp_path, options, matrix, range_, tolerance):
    source, output = tmp_path / 'a.mp4', tmp_path / 'b.mp4'
    write_clip(source, even_times(10), **options)
    clip, _ = passed_through(source, output, options={'crf': '1'})
    assert (clip.colours.matrix, clip.colours.range) == (matrix, range_)
    result = read_clip(str(output))
    assert result.colours == clip.colours
    assert result.pixel_format == clip.pixel_format
    deep = 'pixel_format' in options
    pairs = zip(images_of(source), images_of(output), strict=True)
    for before, after in pairs:
        assert before.dtype == after.dtype == (np.uint16 if deep else np.uint8)
        apart = np.abs(after.astype(float) - before)
        assert apart.mean() < tolerance
    # What was read is what was written, but for colours at half the size.
    truth = photo_frames(10, 48, 32)[0].astype(float) * (257 if deep else 1)
    gray = [x.astype(float).mean(2) for x in (images_of(source)[0], truth)]
    assert np.abs(gray[0] - gray[1]).mean() < 3 * (257 if deep else 1)


def test_times_and_sound_stay(tmp_path):
    source, output = tmp_path / 'a.mp4', tmp_path / 'b.mkv'
    times = [k * STEP + (k > 9) * 300 for k in range(20)]
    write_clip(source, times, sound=True)
    _, remarks = passed_through(source, output)
    assert remarks == []
    expected = [Fraction(time, TICKS) for time in times]
    # Matroska counts milliseconds, and from the sound, which begins earlier.
    found = seconds_of(output)
    for time, wanted in zip(found, expected, strict=True):
        assert abs(time - found[0] - wanted) <= Fraction(1, 1000)
    assert packets_of(output, 'audio') == packets_of(source, 'audio')
    exact = tmp_path / 'c.mp4'
    (tmp_path / 'parts').rename(tmp_path / 'old')
    passed_through(source, exact)
    assert seconds_of(exact) == expected


def test_turned_clips_come_out_upright(tmp_path):
    source, output = tmp_path / 'a.mp4', tmp_path / 'b.mp4'
    write_clip(source, even_times(3), rotation=90)
    clip, _ = passed_through(source, output)
    assert (clip.width, clip.height) == (32, 48)
    with av.open(str(output)) as container:
        frame = next(container.decode(video=0))
        assert (frame.width, frame.height, frame.rotation) == (32, 48, 0)
        found = frame.to_ndarray(format='rgb24').astype(float)
    upright = np.rot90(photo_frames(1, 48, 32)[0]).astype(float)
    assert np.abs(found - upright).mean() < 8


def test_a_broken_frame_is_named_by_its_time(tmp_path):
    source, output = tmp_path / 'a.mkv', tmp_path / 'b.mp4'
    # Each frame of this format stands alone.
    write_clip(
        source, even_times(10), encoder='mjpeg', pixel_format='yuvj420p'
    )
    packets = packets_of(source, 'video')
    content = source.read_bytes()
    place = content.index(packets[4])
    size = len(packets[4])
    source.write_bytes(content[:place] + bytes(size) + content[place + size :])
    _, remarks = passed_through(source, output)
    assert len(remarks) == 1 and '0:00:00.160' in remarks[0]
    assert len(seconds_of(output)) == 9


def test_what_is_no_video(tmp_path):
    path = tmp_path / 'a.mp4'
    path.write_bytes(b'\0\0\0\x18ftypisom' + bytes(500))
    with pytest.raises(InputError, match=r'a\.mp4'):
        read_clip(str(path))
    with pytest.raises(InputError, match=r'none\.mp4'):
        read_clip(str(tmp_path / 'none.mp4'))
    with av.open(str(tmp_path / 'sound.wav'), 'w') as container:
        stream = container.add_stream('pcm_s16le', rate=8000)
        frame = av.AudioFrame.from_ndarray(
            np.zeros((1, 800), np.int16), 's16', 'mono'
        )
        frame.sample_rate, frame.pts = 8000, 0
        container.mux(stream.encode(frame))
    with pytest.raises(InputError, match='audio'):
        read_clip(str(tmp_path / 'sound.wav'))


def test_encoders_that_cannot_be_had(tmp_path):
    source = tmp_path / 'a.mp4'
    write_clip(source, even_times(2))
    with pytest.raises(InputError, match='aac'):
        choose_encoding('.mp4', 'aac')
    with pytest.raises(InputError, match=r'\.txt'):
        choose_encoding('.txt')
    with pytest.raises(InputError, match='crf=many'):
        passed_through(source, tmp_path / 'b.mp4', options={'crf': 'many'})


def test_odd_sizes_keep_their_last_column(tmp_path):
    source, output = tmp_path / 'a.mkv', tmp_path / 'b.mp4'
    write_clip(source, even_times(2), size=(47, 31), pixel_format='yuv444p')
    clip, _ = passed_through(source, output)
    assert images_of(output)[0].shape == (31, 47, 3)
    formats = ['yuv420p', 'yuv444p']
    clip = clip._replace(pixel_format='yuv420p')
    assert pixel_format(clip, 31, 47, formats) == 'yuv444p'
    assert pixel_format(clip, 62, 94, formats) == 'yuv420p'
    assert pixel_format(clip, 62, 94, ['rgb24']) == 'rgb24'


def test_transport_streams_lose_no_frame(tmp_path):
    """Seeking there lands behind the frame that was asked for."""
    source, output = tmp_path / 'a.ts', tmp_path / 'b.mkv'
    write_clip(source, even_times(24), options={'crf': '1', 'g': '8'})
    clip, remarks = passed_through(source, output, 5, options={'crf': '1'})
    assert len(clip.pts) == 24 and remarks == []
    pairs = zip(images_of(source), images_of(output), strict=True)
    for before, after in pairs:
        assert np.abs(after.astype(float) - before).mean() < 3


def test_streams_without_times_are_named_as_such(tmp_path):
    source = tmp_path / 'a.h264'
    write_clip(source, even_times(3))
    with pytest.raises(InputError, match=r'a\.h264.*\.mkv'):
        read_clip(str(source))


@pytest.mark.parametrize(
    ('rotation', 'expected'), [(0, Fraction(16, 11)), (90, Fraction(11, 16))]
)
def test_pixels_keep_their_aspect(tmp_path, rotation, expected):
    source, output = tmp_path / 'a.mp4', tmp_path / 'b.mp4'
    write_clip(
        source, even_times(3), aspect=Fraction(16, 11), rotation=rotation
    )
    passed_through(source, output)
    with av.open(str(output)) as container:
        assert container.streams.video[0].sample_aspect_ratio == expected


def test_subtitles_stay_and_streams_keep_their_language(tmp_path):
    clip, words = tmp_path / 'a.mp4', tmp_path / 'a.srt'
    write_clip(clip, even_times(10), sound=True)
    words.write_text('1\n00:00:00,100 --> 00:00:00,300\nHello\n')
    source, output = tmp_path / 'both.mkv', tmp_path / 'b.mkv'
    forced = av.stream.Disposition.forced
    with (
        av.open(str(source), 'w') as target,
        av.open(str(clip)) as moving,
        av.open(str(words)) as written,
    ):
        add = target.add_stream_from_template
        streams = {each: add(each) for each in moving.streams}
        text = streams[written.streams[0]] = add(written.streams[0])
        text.metadata['language'], text.disposition = 'ger', forced
        for packet in [*moving.demux(), *written.demux()]:
            if packet.size:
                packet.stream = streams[packet.stream]
                target.mux(packet)
    _, remarks = passed_through(source, output)
    assert remarks == []
    assert packets_of(output, 'subtitles') == [b'Hello']
    with av.open(str(output)) as container:
        stream = container.streams.subtitles[0]
        assert stream.language == 'ger'
        assert stream.disposition & forced
    # MP4 holds no text of this kind: the rest is written, and it is said.
    (tmp_path / 'parts').rename(tmp_path / 'old')
    _, remarks = passed_through(source, tmp_path / 'c.mp4')
    assert len(remarks) == 1 and 'srt' in remarks[0]


def test_what_an_edit_list_cuts_away_is_not_missed(tmp_path):
    source, output = tmp_path / 'a.mp4', tmp_path / 'b.mp4'
    # Times before 0 become an edit list.
    options = {'crf': '1', 'bf': '0'}
    write_clip(source, [k * STEP for k in range(-4, 8)], options=options)
    assert len(seconds_of(source)) == 8
    clip, remarks = passed_through(source, output)
    assert len(clip.pts) == 8 and remarks == []
    assert seconds_of(output) == seconds_of(source)
