"""In which validations of a training something is drawn."""

from mmengine.runner import Runner


def is_due(runner: Runner, interval: int) -> bool:
    """Whether this validation is one of those to draw.

    The first is, which shows that drawing works, the next after every
    `interval` iterations, and the last; and any outside of a training. This
    follows from the iteration, so that a resumed training draws what an
    uninterrupted one would.
    """
    loop = runner._train_loop
    if loop is None or isinstance(loop, dict):  # not in a training
        return True
    first = runner.iter < loop.val_begin + loop.val_interval
    last = runner.iter >= loop.max_iters
    before = runner.iter - loop.val_interval
    return first or last or runner.iter // interval > before // interval
