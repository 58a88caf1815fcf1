"""MMEngine reads all checkpoints through our safe reader.

MMEngine 0.10 calls `torch.load` without `weights_only`: since PyTorch 2.6
that refuses the runner's own checkpoints, before it runs any code in them.
MMEngine's extension point for loaders replaces both behaviours.
"""

import os
from urllib.parse import urlparse

from mmengine.dist import barrier, master_only
from mmengine.runner import CheckpointLoader

from .download import download
from .safe_load import load_file


@CheckpointLoader.register_scheme(prefixes='', force=True)
def load_from_local(filename, map_location=None):
    """Checkpoint at a local path."""
    return load_file(os.path.expanduser(filename), map_location)


@CheckpointLoader.register_scheme(prefixes=('http://', 'https://'), force=True)
def load_from_url(filename, map_location=None, model_dir=None):
    """Checkpoint at a URL, kept where published weights are."""
    # Importing networks, it cannot be imported while these are.
    from .pretrained import cache_folder

    folder = model_dir or cache_folder()
    path = os.path.join(folder, os.path.basename(urlparse(filename).path))
    _fetch(filename, path)
    barrier()
    return load_file(path, map_location)


@master_only
def _fetch(url, path):
    download(url, path)
