"""What a config says and a resumed training does not do."""

from collections.abc import Iterator

from mmengine.optim import OptimWrapper, OptimWrapperDict

# Where a schedule stands, in contrast to what it is.
_PROGRESS = {'last_step', '_global_step', '_last_value', 'base_values'}


def resume_differences(runner, checkpoint: dict) -> list[str]:
    """Settings of optimizers and schedules in which a checkpoint differs.

    MMEngine restores them from the checkpoint, whatever the config says now:
    with a larger `max_iters`, for example, a schedule still ends where it
    ended before.

    Args:
        runner: Runner with optimizers and schedules as its config has them.
        checkpoint: Content of the checkpoint that is to be resumed.

    Returns:
        One sentence for each setting.
    """
    pairs = [*_learning_rates(runner, checkpoint)]
    pairs += _schedules(runner.param_schedulers, checkpoint)
    return [
        f'{name} is {new} in the config and {old} in the checkpoint: resuming '
        f'goes on with that of the checkpoint; to change it, start a new '
        f'training with load_from.'
        for name, new, old in pairs
        if new != old
    ]


def _learning_rates(runner, checkpoint) -> Iterator[tuple]:
    wrappers, states = runner.optim_wrapper, checkpoint.get('optimizer', {})
    if not isinstance(wrappers, OptimWrapper):
        return
    if not isinstance(wrappers, OptimWrapperDict):
        wrappers, states = {'model': wrappers}, {'model': states}
    for name, wrapper in wrappers.items():
        saved = states.get(name)
        if not saved:
            continue
        groups = zip(wrapper.param_groups, saved['param_groups'], strict=False)
        for new, old in groups:
            rates = [each.get('initial_lr', each['lr']) for each in (new, old)]
            yield f'The learning rate of the {name}', *rates
            break  # groups differ by factors only


def _schedules(schedulers, checkpoint) -> Iterator[tuple]:
    saved = checkpoint.get('param_schedulers')
    if not schedulers or not saved:
        return
    if not isinstance(schedulers, dict):
        schedulers, saved = {'': schedulers}, {'': saved}
    told = set()
    for name, several in schedulers.items():
        for new, old in zip(several, saved.get(name, ()), strict=False):
            values = new.state_dict()
            for key in sorted(values.keys() & old.keys() - _PROGRESS):
                difference = (
                    f'{key} of {type(new).__name__}',
                    values[key],
                    old[key],
                )
                if str(difference) not in told:
                    told.add(str(difference))
                    yield difference
