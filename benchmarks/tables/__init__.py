"""Tables of scores: any models on any sets of images, by one command.

- `eval_sets`, `check_sets`: which images there are, and whether they fit.
- `eval_images`, `degraded_inputs`: ground truth, and what models get.
- `parse_model` and what it names: baselines, networks, folders of results.
- `restored_images`, `scores`, `ledger`: what was computed is kept;
  `saved_inputs`: what other programs need to take part.
- `make_table`: all of it; `markdown_table`, `csv_files`, `table_plot`,
  `picture_sheets`: how it is shown.
- `benchmark_page`: one page of all that was measured.
"""
