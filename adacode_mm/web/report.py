"""How far a job is, told to the page."""

from collections.abc import Callable

from .stopping import StopSign


class Report:
    """Progress of a job for the page; ends the job when it was stopped.

    Args:
        sign: Of the job.
        progress: Gradio's: a share in [0, 1] and `desc`, a message.
    """

    def __init__(self, sign: StopSign, progress: Callable) -> None:
        self._sign = sign
        self._progress = progress
        self._told = False

    def __call__(self, done: float, message: str) -> None:
        """Tell what a restorer says.

        Raises:
            StoppedError: If somebody no longer wants the job.
        """
        self._sign.check()
        self._told = 0 < done < 1
        self._progress(done, desc=message[:1].upper() + message[1:])

    def layers(self, done: float) -> None:
        """Tell the share of layers, unless the restorer knows better."""
        if not self._told:
            self._progress(done, desc='Restoring')
