"""From folders of photographs to training sets: batches of small jobs.

What every tool of this kind stands on, besides the room `batches`:

- `read_image`: an image file as 8-bit RGB, whatever it was.
- `batch_jobs`: a function on many items, over processes, with a report.
- `output_folder`: what is finished in a folder, so that a second call does
  only what is missing.
- `manifest`: JSON lines that describe the files of a folder.

On these, `crop_patches` and `make_pairs`, which tools/dataset_converters runs.
"""
