"""What stands in the log and on which curve."""

from mmagic.engine.runner import LogProcessor

from adacode_mm.registry import LOG_PROCESSORS


@LOG_PROCESSORS.register_module()
class TrainingLogProcessor(LogProcessor):
    """MMagic's, but the times of a validation are curves of their own.

    MMEngine calls the time of a validation image `time`, as that of a
    training step, and draws both on one curve, at the same iterations. Here
    they are `val/time` and `val/data_time`, next to the validation's metrics.
    """

    def get_log_after_epoch(self, runner, batch_idx, mode, **kwargs):
        """Values to record, and the line for the log."""
        tag, line = super().get_log_after_epoch(
            runner, batch_idx, mode, **kwargs
        )
        for name in ('time', 'data_time'):
            if name in tag:
                tag[f'{mode}/{name}'] = tag.pop(name)
        return tag, line
