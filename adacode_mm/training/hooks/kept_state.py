"""What hooks have counted so far goes into checkpoints."""

from abc import ABC, abstractmethod
from collections.abc import Iterable

from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.logging import MessageHub

_KEY = 'hook_states'


class KeptState(ABC):
    """A hook that goes on counting where the checkpoint was written.

    Mixed into hooks of which a training has one each. What `state` returns
    is kept by the `ResumableCheckpointHook`; `kept_state` has it again in
    `before_train` of a resumed training.
    """

    # MMEngine calls `before_save_checkpoint` on the main process alone, where
    # nothing can be added up over processes.
    @abstractmethod
    def state(self) -> list[list[int]]:
        """Counts of all processes together; called on each of them."""

    def kept_state(self, runner) -> list[list[int]]:
        """What to start from: the counts on the first process, else nothing.

        The sum over processes is then right, however many there are now.
        """
        if runner.iter == 0 or not is_main_process():
            return []
        states = runner.message_hub.runtime_info.get(_KEY, {})
        return states.get(type(self).__name__, [])


def keep_states(hooks: Iterable[Hook], message_hub: MessageHub) -> None:
    """Put the states of all hooks that have one where checkpoints keep them.

    Called on all processes.
    """
    states = {
        type(hook).__name__: hook.state()
        for hook in hooks
        if isinstance(hook, KeptState)
    }
    message_hub.update_info(_KEY, states)
