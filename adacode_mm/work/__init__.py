"""Many files, one after the other: which, by whom, how far, what failed.

- `find_images`, `find_inputs`: which images are meant.
- `output_names`: where each result goes.
- `runs`, `claims`: which of several runs does what.
- `file_identity`: whether a file is still the one that it was.
- `finished_work`: whether a result is there already.
- `pipeline`: reading, computing and writing at the same time.
- `batch_report`: what was done, what was not and why.

Nothing here knows what is computed.
"""
