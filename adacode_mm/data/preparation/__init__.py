"""From folders of photographs to training sets: batches of small jobs.

What every tool of this kind stands on, besides the room `work`:

- `read_image`: an image file as 8-bit RGB, whatever it was.
- `manifest`: JSON lines that describe the files of a folder.

On these, `crop_patches` and `make_pairs`, which tools/dataset_converters runs.
"""
