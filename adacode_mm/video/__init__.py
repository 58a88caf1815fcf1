"""Moving pictures: read frame by frame, restored by segments, joined again.

A clip is cut into segments of some frames. Each is decoded, restored and
encoded on its own (`segments`), so that any engine of `work` can do them and a
run that was interrupted goes on; `join` puts them together with the sound and
the subtitles of the source.
"""
