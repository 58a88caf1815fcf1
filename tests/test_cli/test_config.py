import pytest
from mmengine.config import Config
from tiny_stages import TINY

from adacode_mm.cli.main import main
from adacode_mm.training.run_config import load_config

CONFIG = str(TINY / 'stage3_sr_x4.py')


def test_the_printed_config_is_the_whole_config(tmp_path, capsys):
    assert main(['config', CONFIG, '--cfg-options', 'model.frozen=[]']) == 0
    flat = tmp_path / 'flat.py'
    flat.write_text(capsys.readouterr().out)
    assert '_base_ =' not in flat.read_text()
    expected = load_config(CONFIG, cfg_options={'model.frozen': []})
    assert Config.fromfile(flat).to_dict() == expected.to_dict()


@pytest.mark.parametrize(
    ('arguments', 'fact'),
    [
        (['none.py'], 'none.py'),
        ([CONFIG, '--cfg-options', 'model.frozn=[]'], "'frozen'"),
    ],
)
def test_a_config_that_cannot_be_used(arguments, fact, capsys):
    assert main(['config', *arguments]) == 2
    printed = capsys.readouterr()
    assert fact in printed.err
    assert not printed.out
