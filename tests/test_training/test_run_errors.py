"""What ends a run from outside is one sentence; a bug keeps its traceback."""

import errno
import logging
import shutil
from pathlib import Path

import adacode_mm  # noqa: F401 isort: skip  (before MMagic)
import pytest
from mmengine.logging import MMLogger
from torch.utils.data import DataLoader, Dataset

from adacode_mm.core.exceptions import ConfigError, InputError, OutputError
from adacode_mm.training.run_errors import (
    building,
    running,
    watch_log_files,
)


class UnreadableImages(Dataset):
    def __len__(self):
        return 2

    def __getitem__(self, index):
        raise InputError('Cannot read a: b.png (no image): remove it.')


def test_an_input_error_of_a_loader_is_the_same_with_workers(tmp_path):
    for workers in (0, 1):
        loader = DataLoader(UnreadableImages(), num_workers=workers)
        with pytest.raises(InputError) as caught, running(str(tmp_path)):
            next(iter(loader))
        said = str(caught.value)
        assert said == 'Cannot read a: b.png (no image): remove it.'


@pytest.mark.skipif(
    not Path('/dev/full').exists(), reason='needs a disk that is always full'
)
def test_a_log_on_a_full_disk_ends_the_run(tmp_path):
    logger = logging.getLogger('full')
    handler = logging.FileHandler('/dev/full')
    logger.addHandler(handler)
    watch_log_files(logger, str(tmp_path))
    try:
        with pytest.raises(OutputError) as caught:
            logger.warning('one line')
    finally:
        logger.removeHandler(handler)
        handler.stream = None  # closing would flush once more
    for fact in (str(tmp_path), '--resume'):
        assert fact in str(caught.value)


def test_a_full_disk_and_a_removed_work_directory(tmp_path):
    folder = tmp_path / 'run'
    folder.mkdir()
    with pytest.raises(OutputError) as caught, running(str(folder)):
        raise OSError(errno.ENOSPC, 'No space left on device', 'scalars.json')
    assert "'scalars.json'" in str(caught.value)
    with pytest.raises(OutputError) as caught, running(str(folder)):
        shutil.rmtree(folder)
        (folder / 'scalars.json').write_text('')
    assert repr(str(folder)) in str(caught.value)


def test_other_errors_keep_their_traceback_and_reach_the_log(tmp_path):
    logger = MMLogger.get_instance('run_errors', log_file=tmp_path / 'a.log')
    with pytest.raises(FileNotFoundError), running(str(tmp_path)):
        (tmp_path / 'no_such_file').read_text()
    with pytest.raises(ZeroDivisionError), running(str(tmp_path)):
        1 / 0  # noqa: B018
    with pytest.raises(ConfigError) as caught, building():
        len(5)
    assert '--debug' in str(caught.value)
    assert isinstance(caught.value.__cause__, TypeError)
    logger.handlers[-1].flush()
    logged = (tmp_path / 'a.log').read_text()
    for name in ('no_such_file', 'ZeroDivisionError', 'TypeError'):
        assert name in logged
    assert logged.count('Traceback') == 3
    assert __file__ in logged
