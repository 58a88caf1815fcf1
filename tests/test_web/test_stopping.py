import pytest
import torch
from torch import nn

from adacode_mm.web.report import Report
from adacode_mm.web.stopping import StoppedError, StopSign, StopSigns, watched


class Recorded(nn.Module):
    def __init__(self, calls, after=None):
        super().__init__()
        self.calls, self.after = calls, after

    def forward(self, x):
        self.calls.append(len(self.calls))
        if self.after is not None:
            self.after()
        return x + 1


def test_the_next_layer_is_not_run():
    calls, sign = [], StopSign()
    net = nn.Sequential(Recorded(calls, sign.stop), Recorded(calls))
    with watched(net, sign, lambda done: None), pytest.raises(StoppedError):
        net(torch.zeros(1))
    assert calls == [0]
    assert net(torch.zeros(1)) == 2  # nothing stays behind
    assert calls == [0, 1, 2]


def test_progress_counts_layers_once():
    shares = []
    net = nn.Sequential(Recorded([]), nn.Sequential(Recorded([])))
    with watched(net, StopSign(), shares.append):
        net(torch.zeros(1))
        net(torch.zeros(1))
    assert shares == [0.5, 1, 1, 1]


def test_a_new_job_stops_the_older_one_of_its_page_only():
    signs = StopSigns()
    first, other = signs.begin('page'), signs.begin('other page')
    second = signs.begin('page')
    with pytest.raises(StoppedError):
        first.check()
    second.check()
    other.check()
    signs.stop('page')
    signs.stop('page that never was')
    with pytest.raises(StoppedError):
        second.check()
    other.check()


def test_a_restorer_that_reports_is_believed_more_than_layers():
    told = []
    sign = StopSign()
    report = Report(sign, lambda done, desc: told.append((done, desc)))
    report(0.0, 'opening')
    report.layers(0.25)
    report(0.1, 'strip 1 of 10')
    report.layers(0.5)
    assert told == [
        (0.0, 'Opening'),
        (0.25, 'Restoring'),
        (0.1, 'Strip 1 of 10'),
    ]
    sign.stop()
    with pytest.raises(StoppedError):
        report(0.2, 'strip 2 of 10')
