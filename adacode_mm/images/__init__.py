"""Image files in and out, with all that a photograph brings along.

- `read_picture`, `write_picture`: colours in [0, 1], transparency, 16 bits,
  grey, colour profile, the orientation of EXIF.
- `decode_file`, `decode_pillow`: the integers that an image holds.
"""
