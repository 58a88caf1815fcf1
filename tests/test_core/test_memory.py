"""What is known about memory, against files, limits and measurements."""

import resource
import subprocess
from pathlib import Path

import pytest
import torch

from adacode_mm.core import memory
from adacode_mm.core.exceptions import InputError
from adacode_mm.core.memory import Budget, available_memory, memory_to_use
from adacode_mm.models.adacode.memory_estimate import (
    choose_limits,
    temporary_folder,
    whole_bytes,
)

CPU = torch.device('cpu')
GIB = 2**30


@pytest.mark.parametrize(
    ('text', 'expected'),
    [
        ('12345', 12345),
        ('2G', 2 * GIB),
        ('1.5 GiB', 1.5 * GIB),
        ('300mb', 300 * 2**20),
        ('1T', 1024 * GIB),
    ],
)
def test_the_environment_variable(monkeypatch, text, expected):
    monkeypatch.setenv('ADACODE_MEMORY', text)
    assert memory_to_use(CPU) == (expected, expected)
    assert memory_to_use(CPU, 77) == (77, 77)


@pytest.mark.parametrize('text', ['much', '0', '-3G', '2X', 'G'])
def test_an_environment_variable_that_says_nothing(monkeypatch, text):
    monkeypatch.setenv('ADACODE_MEMORY', text)
    with pytest.raises(InputError, match=r'ADACODE_MEMORY must be .* got'):
        memory_to_use(CPU)


def test_by_default_a_share_of_what_is_left(monkeypatch):
    monkeypatch.delenv('ADACODE_MEMORY', raising=False)
    monkeypatch.setattr(memory, 'available_memory', lambda device: 10**8)
    assert memory_to_use(CPU) == (8 * 10**7, 8 * 10**7)
    monkeypatch.setattr(memory, 'available_memory', lambda device: 10**12)
    assert memory_to_use(CPU) == (8 * 10**11, GIB)
    on_gpu = memory_to_use(torch.device('cuda'))
    assert on_gpu == (8 * 10**11, 8 * 10**11)


def test_the_system(tmp_path):
    path = tmp_path / 'meminfo'
    path.write_text('MemTotal: 9 kB\nMemFree: 1 kB\nMemAvailable:    5 kB\n')
    assert memory._of_system(str(path)) == 5 * 1024
    # Another system has no such file.
    total = memory._of_system(str(tmp_path / 'missing'))
    assert 2**28 < total < 2**50


def group(folder, limit, usage, stat, names):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / names[0]).write_text(f'{limit}\n')
    (folder / names[1]).write_text(f'{usage}\n')
    (folder / 'memory.stat').write_text(stat)


def test_control_groups_of_version_2(tmp_path):
    names = ('memory.max', 'memory.current')
    member = tmp_path / 'cgroup'
    member.write_text('0::/jobs/mine\n')
    root = tmp_path / 'root'
    group(root / 'jobs/mine', 'max', 10, 'anon 5\n', names)
    assert memory._of_groups(member, root) >= 2**60
    # A group above limits all below; its files can be given up.
    group(root / 'jobs', 1000, 700, 'anon 1\ninactive_file 50\n', names)
    assert memory._of_groups(member, root) == 350
    group(root / 'jobs/mine', 400, 300, 'inactive_file 0\n', names)
    assert memory._of_groups(member, root) == 100
    # In a container the path is that of the host, the limit lies at the top.
    group(root, 90, 80, 'inactive_file 1\n', names)
    member.write_text('0::/somewhere/else\n')
    assert memory._of_groups(member, root) == 11


def test_control_groups_of_version_1(tmp_path):
    names = ('memory.limit_in_bytes', 'memory.usage_in_bytes')
    member = tmp_path / 'cgroup'
    member.write_text('3:cpu:/x\n4:hugetlb,memory:/jobs\n')
    group(
        tmp_path / 'root/memory/jobs',
        1000,
        600,
        'inactive_file 1\ntotal_inactive_file 30\n',
        names,
    )
    found = memory._of_groups(member, tmp_path / 'root')
    assert found in (401, 430)


def test_the_limit_of_the_process(monkeypatch):
    def limit(kind):
        assert kind == resource.RLIMIT_AS
        return 10 * GIB * 100, -1

    monkeypatch.setattr(resource, 'getrlimit', limit)
    pages = int(Path('/proc/self/statm').read_text().split()[0])
    used = pages * resource.getpagesize()
    assert memory._of_process() == pytest.approx(1000 * GIB - used, rel=1e-3)
    infinite = (resource.RLIM_INFINITY,) * 2
    monkeypatch.setattr(resource, 'getrlimit', lambda kind: infinite)
    assert memory._of_process() >= 2**60


def test_the_least_counts(monkeypatch):
    for least in ('_of_system', '_of_groups', '_of_process'):
        for name in ('_of_system', '_of_groups', '_of_process'):
            value = 5 if name == least else 9
            monkeypatch.setattr(memory, name, lambda value=value: value)
        assert available_memory(CPU) == 5
    monkeypatch.setattr(memory, '_of_groups', lambda: -4)
    assert available_memory(CPU) == 0


def test_more_memory_keeps_more_maps(tiny_net):
    net, shape = tiny_net('sr_x4'), (1, 3, 512, 512)
    small = choose_limits(net, shape, Budget(120 * 2**20, 120 * 2**20))
    large = choose_limits(net, shape, Budget(GIB, GIB))
    # What the latent grid needs is taken beyond what is wanted.
    assert choose_limits(net, shape, Budget(GIB, 1)).maps == 0
    with pytest.raises(InputError, match=r'must have .* GiB .*ADACODE_MEM'):
        choose_limits(net, shape, Budget(2**20, 2**20))
    assert 0 <= small.maps < large.maps < GIB
    assert small.strip < large.strip
    assert small.maps + 2 * small.strip < 120 * 2**20
    rows = choose_limits(net, shape, Budget(GIB, GIB), latent_rows=3)
    assert rows.latent_rows == 3


def test_where_temporary_files_go(monkeypatch, tmp_path):
    monkeypatch.setattr('tempfile.tempdir', None)
    monkeypatch.setenv('TMPDIR', str(tmp_path))
    assert temporary_folder() == str(tmp_path)
    for name in ('TMPDIR', 'TEMP', 'TMP'):
        monkeypatch.delenv(name, raising=False)
    assert temporary_folder() == '/var/tmp'


def test_the_estimate_grows_with_the_image(tiny_net):
    net = tiny_net('sr_x4')
    small, large = (whole_bytes(net, (1, 3, n, n)) for n in (64, 256))
    assert large == pytest.approx(16 * small)
    assert whole_bytes(net, (4, 3, 64, 64)) == 4 * small
    with torch.autocast('cpu', torch.bfloat16):
        assert whole_bytes(net, (1, 3, 64, 64)) == small / 2


MEASURE = """
import ctypes, gc, sys
from pathlib import Path
for what in (-1, -3):  # malloc.h: the thresholds of trimming and of mmap
    assert ctypes.CDLL(None).mallopt(what, 2**20)
import adacode_mm, torch
from adacode_mm.models.adacode.fast.accelerate import accelerate
from adacode_mm.models.adacode.memory_estimate import whole_bytes
from adacode_mm.restoring.restore import restore
from network_kinds import build

def status(name):
    lines = Path('/proc/self/status').read_text().splitlines()
    return [int(x.split()[1]) * 1024 for x in lines if x.startswith(name)][0]

def peak(function):
    gc.collect()
    Path('/proc/self/clear_refs').write_text('5')
    before = status('VmRSS')
    function()
    return status('VmHWM') - before

torch.set_grad_enabled(False)
plain = build('sr_x4', width=2)
for net in (plain, accelerate(plain)):
    restore(net, torch.rand(1, 3, 16, 16), tile=1)
    image = torch.rand(1, 3, 128, 128)
    print(whole_bytes(net, image.shape), peak(lambda: net(image)))
    budget = 24 * 2**20
    print(budget, peak(lambda: restore(
        net, image, tile='exact', padding='minimal', memory=budget)))
    print(budget, peak(lambda: restore(
        net, image, padding='minimal', memory=budget)))
"""


@pytest.mark.skipif(
    not Path('/proc/self/clear_refs').exists(),
    reason='measures the peak of a part of a process by /proc (Linux)',
)
def test_what_is_measured(warm_python):
    """In a process of its own, where freed memory goes back at once."""
    done = subprocess.run(
        [warm_python, '-c', MEASURE],
        cwd=Path(__file__).parents[1],
        env={
            'PATH': '',
            'OMP_NUM_THREADS': '1',
            'PYTHONPATH': str(Path(__file__).parents[2]),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.splitlines()[-6:]]
    pairs = [[int(n) for n in row] for row in rows]
    for estimate, measured in (pairs[0], pairs[3]):
        assert measured > 20 * 2**20
        assert measured / 2 < estimate < measured * 2
    for budget, measured in (*pairs[1:3], *pairs[4:]):
        assert 2**20 < measured < 1.1 * budget
