"""Memory that tensors give back is used again."""

import subprocess
import sys

import pytest

# Tensors as a training step has them: of many sizes, all at once, freed in
# the opposite order.
PROGRAM = """
import random, resource
from importlib.util import module_from_spec, spec_from_file_location
import torch
spec = spec_from_file_location('host_memory', {path!r})
host_memory = module_from_spec(spec)
spec.loader.exec_module(host_memory)
if {keep}:
    assert host_memory.keep_freed_memory()
random.seed(0)
sizes = [random.randrange(1, 17) * 2**20 for _ in range(8)]
def faults():
    kept = [torch.ones(size) for size in sizes]
    while kept:
        kept.pop()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
counts = [faults() for _ in range(8)]
fewest = min(b - a for a, b in zip(counts[3:], counts[4:]))
print(fewest / (4 * sum(sizes) / resource.getpagesize()))
"""


def page_faults(keep):
    """In the best of the last rounds, as a share of the tensors' pages."""
    from adacode_mm.training import host_memory

    program = PROGRAM.format(path=host_memory.__file__, keep=keep)
    done = subprocess.run(
        [sys.executable, '-c', program],
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


@pytest.mark.skipif(
    not sys.platform.startswith('linux'), reason='glibc of Linux only'
)
def test_large_tensors_do_not_come_page_by_page():
    assert page_faults(keep=False) > 0.5
    assert page_faults(keep=True) < 0.1
