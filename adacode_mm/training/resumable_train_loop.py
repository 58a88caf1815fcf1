"""Training by iterations that goes on at once, and exactly, where it was."""

from mmengine.dist import get_rank, get_world_size
from mmengine.runner import BaseLoop, IterBasedTrainLoop

from adacode_mm.core.exceptions import ConfigError
from adacode_mm.core.random_state import kept_random_state, set_random_state
from adacode_mm.data.resumable_sampler import ResumableSampler
from adacode_mm.registry import LOOPS


class _LateIteration:
    """A loader that MMEngine's loop may iterate without starting workers."""

    def __init__(self, loader):
        self.dataset = loader.dataset
        self._loader = loader

    def __iter__(self):
        yield from self._loader


@LOOPS.register_module()
class ResumableTrainLoop(IterBasedTrainLoop):
    """MMEngine's loop, resumed by looking up instead of by reading again.

    The sampler is told where to start; MMEngine's loop reads and augments
    everything up to there a second time. A sample's random numbers come from
    its position (`SeededDataset`), those of the
    model from the checkpoint (`ResumableCheckpointHook` writes them), and
    validation draws from neither. So a resumed training takes the same steps
    as one that was not interrupted, with any number of workers. With another
    number of processes or another batch size it goes on with the first sample
    that was not seen yet.

    Args:
        runner: The runner.
        dataloader: Config of the loader, with an
            :class:`adacode_mm.data.resumable_sampler.ResumableSampler`.
        max_iters: Iterations of the training.
        val_begin: First iteration after which to validate.
        val_interval: Iterations between validations.
        dynamic_intervals: (iteration, interval) pairs: intervals from these
            iterations on.

    Raises:
        ConfigError: If the loader has another sampler.
    """

    def __init__(
        self,
        runner,
        dataloader: dict,
        max_iters: int,
        val_begin: int = 1,
        val_interval: int = 1000,
        dynamic_intervals: list[tuple[int, int]] | None = None,
    ):
        if isinstance(dataloader, dict):
            dataset = dataloader['dataset']
            dataset = {'type': 'adacode_mm.SeededDataset', 'dataset': dataset}
            dataloader = {**dataloader, 'dataset': dataset}
        # MMEngine's loops build it in this way; here it has to be at hand
        # before the constructor below would start its workers.
        BaseLoop.__init__(self, runner, dataloader)
        loader = self.dataloader
        super().__init__(
            runner,
            _LateIteration(loader),
            max_iters,
            val_begin,
            val_interval,
            dynamic_intervals,
        )
        self.dataloader = loader
        # With a `batch_sampler` the loader's own sampler is another one.
        self._sampler = loader.batch_sampler.sampler
        self._samples = 0
        if not isinstance(self._sampler, ResumableSampler):
            raise ConfigError(
                f'ResumableTrainLoop needs a sampler that can start anywhere, '
                f'but train_dataloader.sampler is '
                f'{type(self._sampler).__name__}: name '
                f'adacode_mm.ResumableSampler instead.'
            )
        batch = loader.batch_sampler.batch_size
        self._samples_of_step = batch * self._sampler.world_size

    def run(self):
        """Train up to `max_iters`, from where the runner was resumed."""
        self.runner.call_hook('before_train')
        self.runner.call_hook('before_train_epoch')
        self._find_start()
        self.dataloader_iterator = iter(self.dataloader)
        # Afterwards: starting the workers has drawn a number.
        self._restore_random_state()
        if self._iter > 0:
            self._validate()  # if the interruption came before or within
        while self._iter < self._max_iters and not self.stop_training:
            self.runner.model.train()
            batch = next(self.dataloader_iterator)
            self._note_samples()
            self.run_iter(batch)
            self._decide_current_val_interval()
            self._validate()
        self.runner.call_hook('after_train_epoch')
        self.runner.call_hook('after_train')
        return self.runner.model

    def _find_start(self):
        """Tell the sampler where the samples begin that were not seen yet."""
        sampler = self._sampler
        saved = self.runner.message_hub.runtime_info.get('data_order')
        self._samples = self._iter * self._samples_of_step
        if self._iter > 0 and saved is not None:
            # Neither the seed, which may be left to chance, nor the number of
            # samples of a step need be those of before.
            sampler.seed = saved['seed']
            self._samples = saved['samples']
            self._compare_size(saved['size'])
        sampler.start = self._samples

    def _compare_size(self, before):
        if before != self._sampler.size:
            self.runner.logger.warning(
                f'The training data has {self._sampler.size} samples and had '
                f'{before} when the checkpoint was written: the training '
                f'goes on, but not with the samples that it would have seen '
                f'without the interruption.'
            )

    def _note_samples(self):
        """Have checkpoints say where the next iteration will begin."""
        self._samples += self._samples_of_step
        self.runner.message_hub.update_info(
            'data_order',
            {
                'seed': self._sampler.seed,
                'samples': self._samples,
                'size': self._sampler.size,
            },
        )

    def _restore_random_state(self):
        states = self.runner.message_hub.runtime_info.get('random_states')
        if self._iter > 0 and states and len(states) != get_world_size():
            self.runner.logger.warning(
                f'The checkpoint was written by {len(states)} processes and '
                f'is resumed by {get_world_size()}: a step now has '
                f'{self._samples_of_step} images, and the learning rates stay '
                f'as they were. Change train_dataloader.batch_size or '
                f'--accumulate for steps of the same size.'
            )
        # Processes that the checkpoint does not know keep their own.
        if self._iter > 0 and states and get_rank() < len(states):
            set_random_state(states[get_rank()])

    def _validate(self):
        if self.runner.val_loop is None or self._iter < self.val_begin:
            return
        hub = self.runner.message_hub
        last = self._iter == self._max_iters
        due = last or self._iter % self.val_interval == 0
        if due and hub.runtime_info.get('validated') != self._iter:
            # Noted in front, for the checkpoint that a new best result saves.
            hub.update_info('validated', self._iter)
            with kept_random_state():
                self.runner.val_loop.run()
