from types import SimpleNamespace

import pytest

import adacode_mm  # noqa: F401
from adacode_mm.training.hooks import kept_state
from adacode_mm.training.hooks.kept_state import KeptState, keep_states


class Counts(KeptState):
    def state(self):
        return [[3, 0], [1]]


def runner_at(step):
    info = {}
    hub = SimpleNamespace(runtime_info=info, update_info=info.__setitem__)
    return SimpleNamespace(iter=step, message_hub=hub)


@pytest.mark.parametrize(
    ('step', 'main', 'expected'),
    [
        (5, True, [[3, 0], [1]]),
        # The sum over processes is to be the one that was kept.
        (5, False, []),
        # A new training, whose hub another one may have filled.
        (0, True, []),
    ],
)
def test_what_a_process_starts_from(monkeypatch, step, main, expected):
    monkeypatch.setattr(kept_state, 'is_main_process', lambda: main)
    runner = runner_at(step)
    hook = Counts()
    keep_states([hook, object()], runner.message_hub)
    assert hook.kept_state(runner) == expected


def test_checkpoints_without_counts_are_begun_anew():
    assert Counts().kept_state(runner_at(5)) == []
