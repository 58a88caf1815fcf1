"""MMEngine reads all checkpoints through our safe reader.

MMEngine 0.10 calls `torch.load` without `weights_only`: since PyTorch 2.6
that refuses the runner's own checkpoints, before it runs any code in them.
MMEngine's extension point for loaders replaces both behaviours.
"""

import os

from mmengine.dist import barrier, master_only
from mmengine.runner.checkpoint import CheckpointLoader

from adacode_mm.core.fetching import cached_path, fetch

from .safe_load import load_file


@CheckpointLoader.register_scheme(prefixes='', force=True)
def load_from_local(filename, map_location=None):
    """Checkpoint at a local path."""
    return load_file(os.path.expanduser(filename), map_location)


@CheckpointLoader.register_scheme(prefixes=('http://', 'https://'), force=True)
def load_from_url(filename, map_location=None, model_dir=None):
    """Checkpoint at a URL, kept where published weights are."""
    master_only(fetch)(filename, folder=model_dir)
    barrier()
    return load_file(cached_path(filename, model_dir), map_location)
