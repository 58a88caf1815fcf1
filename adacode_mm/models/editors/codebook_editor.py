"""Trains any codebook network, in any stage, as its config says.

AdaCode (Liu et al., ICCV 2023), section 3 and eqs. (5), (7) and (8).
"""

from collections.abc import Sequence

import torch
from mmagic.models.editors.srgan import SRGAN
from mmagic.models.utils import set_requires_grad
from mmengine.optim import OptimWrapperDict
from torch import Tensor, nn

from adacode_mm.checkpoints.module_parts import find_part
from adacode_mm.core.exceptions import ConfigError
from adacode_mm.models.layers.frozen import freeze
from adacode_mm.models.layers.full_precision import full_precision
from adacode_mm.models.layers.padding import padded_forward
from adacode_mm.models.structures import CodebookOutput
from adacode_mm.registry import MODELS

from .averaged_generator import AveragedGenerator
from .execution import compile_in_place, memory_format_on, without_compiling
from .fidelity_rules import FidelityRules
from .hole_rules import HoleRules
from .portable_state import PortableState
from .process_mean import process_mean
from .published_state import PublishedState
from .settings import TestSettings, TrainSettings


@MODELS.register_module()
class CodebookEditor(PublishedState, AveragedGenerator, PortableState, SRGAN):
    """MMagic's SRGAN around a network that returns a `CodebookOutput`.

    One generator step, then one discriminator step on the same batch. Which
    parts are trained, started from a checkpoint or frozen, and which losses
    are minimised, is all in the config; the editor never looks inside a
    network.

    Args:
        generator: Config of the network.
        pixel_loss: Config of the loss on (image, gt), logged as `loss_pix`.
            A loss of weight 0, here and below, is not computed.
        code_losses: Configs of the losses on codes and features by name:
            `nce` is logged as `loss_nce`. Called with (out, prior) or
            (out, gt), as their `target` says. None leaves one out.
        perceptual_loss: Config of a loss on (image, gt), `loss_perceptual`.
        discriminator: Config of the discriminator.
        gan_loss: Config of the adversarial loss, logged as `loss_gan`.
        hq_prior: Config of the frozen network that shows what the features
            of the ground truth look like; it runs without its decoder and
            is not saved in checkpoints. Its `init_cfg` loads its weights.
            A frozen part of the model serves, too: its dotted name, such as
            `generator.prior.vqvae`. A generator whose `teacher_forcing` is
            true gets what it shows as `truth` in training.
        frozen: Dotted names of parts that are not trained, for example
            `generator.decoder`.
        train_cfg: Arguments of `settings.TrainSettings`.
        test_cfg: Arguments of `settings.TestSettings`.
        init_cfg: Initialisation, as in MMEngine.
        data_preprocessor: Config; has to give RGB in [0, 1].

    Data samples may have a `mask` (1, H, W), not 0 in holes. The network then
    sees them as its `hole_fill` says, since MMagic paints holes grey.

    Attributes:
        last_indices: Code indices (B, h, w) of each codebook in the last
            training step, for hooks.

    Raises:
        ConfigError: If a frozen part does not exist, or a loss needs the
            prior, or codes, and there are none.
    """

    not_saved = ('hq_prior',)
    # Backward passes of the discriminator in an iteration; MMagic's SRGAN has
    # two, each of which its optimizer wrapper counts as a batch.
    discriminator_passes = 1
    settings = {'train_cfg': TrainSettings, 'test_cfg': TestSettings}
    # Published files and those of other stages hold the generator alone.
    may_lack = ('hq_prior', 'discriminator', 'step_counter')

    def __init__(
        self,
        generator: dict,
        pixel_loss: dict,
        code_losses: dict[str, dict] | None = None,
        perceptual_loss: dict | None = None,
        discriminator: dict | None = None,
        gan_loss: dict | None = None,
        hq_prior: dict | str | None = None,
        frozen: Sequence[str] = (),
        train_cfg: dict | None = None,
        test_cfg: dict | None = None,
        init_cfg: dict | list[dict] | None = None,
        data_preprocessor: dict | None = None,
    ):
        settings = TrainSettings(**(train_cfg or {}))
        TestSettings(**(test_cfg or {}))  # not at the first validation only
        super().__init__(
            generator=generator,
            discriminator=discriminator,
            gan_loss=_unless_weight_0(gan_loss),
            pixel_loss=pixel_loss,
            perceptual_loss=_unless_weight_0(perceptual_loss),
            train_cfg=train_cfg,
            test_cfg=test_cfg,
            init_cfg=init_cfg,
            data_preprocessor=data_preprocessor,
        )
        if _unless_weight_0(pixel_loss) is None:
            self.pixel_loss = None
        self.hq_prior = None
        if hq_prior and not isinstance(hq_prior, str):
            self.hq_prior = freeze(MODELS.build(hq_prior))
        self.code_losses = nn.ModuleDict(
            {
                name: MODELS.build(cfg)
                for name, cfg in (code_losses or {}).items()
                if _unless_weight_0(cfg) is not None
            }
        )
        for name in frozen:
            freeze(find_part(self, name))
        # In a tuple, so that it belongs to the generator alone.
        self._prior_part: tuple[nn.Module, ...] = ()
        if isinstance(hq_prior, str):
            self._prior_part = (_frozen_part(self, hq_prior),)
        self._wants_truth = getattr(self.generator, 'teacher_forcing', False)
        self._prior: CodebookOutput | None = None
        self._check_code_losses()
        # The host's counter is not saved, so `disc_init_steps` would start
        # again after a resume.
        self.register_buffer('step_counter', torch.tensor(0))
        self.last_indices: list[Tensor] = []
        self._holes = HoleRules(self.generator, settings.hole_weight)
        self._fidelity = FidelityRules(self.generator, train_cfg)
        self._pixel_weight: tuple[Tensor, ...] = ()
        self.make_state_portable()
        self._set_execution(settings)

    def _set_execution(self, settings):
        self.generator_ema = None
        if settings.ema:
            self.add_average()
        self._format_name = settings.memory_format
        # Decided when the model comes to its device.
        self._format = torch.contiguous_format
        self._compiled = settings.compile
        if self._compiled:
            compile_in_place(self.generator)

    def _check_code_losses(self):
        if self.code_losses and not getattr(self.generator, 'has_codes', True):
            raise ConfigError(
                f'code_losses compare codes, of which this '
                f'{type(self.generator).__name__} has none: remove '
                f'{sorted(self.code_losses)} from code_losses.'
            )
        for name, loss in self.code_losses.items():
            has_prior = self.hq_prior is not None or self._prior_part
            if loss.needs_prior and not has_prior:
                raise ConfigError(
                    f'code_losses.{name} compares with the network of the '
                    f'previous stage, but hq_prior is not given: add it, or '
                    f'remove the loss.'
                )

    def train(self, mode: bool = True):
        """Switch to training mode, except for the prior."""
        super().train(mode)
        if self.hq_prior is not None:
            self.hq_prior.eval()
        return self

    def to(self, *args, **kwargs):
        """Move the model, and lay it out as is fastest there."""
        super().to(*args, **kwargs)
        self._format = memory_format_on(
            next(self.parameters()).device, self._format_name
        )
        return nn.Module.to(self, memory_format=self._format)

    def forward_tensor(
        self, inputs: Tensor, data_samples=None, training: bool = False
    ) -> Tensor:
        """Restore images (B, 3, H, W) of any size.

        Returns:
            Images (B, 3, scale * H, scale * W), not clipped.
        """
        inputs = self._holes.filled(inputs, data_samples)
        settings = TestSettings(**(self.test_cfg or {}))
        inputs = inputs.to(memory_format=self._format)
        with without_compiling(self._compiled):
            return padded_forward(
                self.predictor(), inputs, settings.padding, settings.fidelity
            ).image

    def train_step(
        self, data: dict, optim_wrapper: OptimWrapperDict
    ) -> dict[str, Tensor]:
        """One step of the generator, then of the discriminator.

        Args:
            data: Batch from the data loader.
            optim_wrapper: Optimizers `generator` and, with a discriminator,
                `discriminator`.

        Returns:
            What is logged: one entry per loss, averaged over processes.
        """
        data = self.data_preprocessor(data, True)
        samples = data['data_samples']
        gt = self.extract_gt_data(samples).to(memory_format=self._format)
        inputs = self._holes.filled_for_training(data['inputs'], samples)
        self._pixel_weight = self._holes.pixel_weight(samples, gt)
        inputs = inputs.to(memory_format=self._format)
        with optim_wrapper['generator'].optim_context(self):
            given = self._fidelity.draw(inputs, samples.metainfo.get('clean'))
            if self._wants_truth:
                given['truth'] = self._prior = self._prior_of(gt)
            # Through the child itself, which may be wrapped.
            out = self.generator(inputs, **given)
        self.last_indices = [q.indices for q in out.quantized]
        logs = {}
        if self.if_run_g():
            set_requires_grad(self.discriminator, False)
            logs.update(self.g_step_with_optim(out, gt, optim_wrapper))
        if self.if_run_d():
            set_requires_grad(self.discriminator, True)
            image = self._fidelity.judged(out.image.detach())
            real = self._fidelity.judged(gt)
            for _ in range(self.disc_repeat if len(image) else 0):
                logs.update(self.d_step_with_optim(image, real, optim_wrapper))
        self._prior = None
        logs.pop('loss', None)
        self.step_counter += 1
        return process_mean(logs)

    def g_step(self, out: CodebookOutput, gt: Tensor) -> dict[str, Tensor]:
        """Losses of the generator, gt (B, 3, H, W) in [0, 1]."""
        losses = {}
        if self.pixel_loss is not None:
            losses['loss_pix'] = self.pixel_loss(
                out.image, gt, *self._pixel_weight
            )
        image, real = map(self._fidelity.judged, (out.image, gt))
        if self.perceptual_loss is not None and len(image):
            losses['loss_perceptual'] = self.perceptual_loss(image, real)
        if (
            self.discriminator is not None
            and self.gan_loss is not None
            and len(image)
        ):
            losses['loss_gan'] = self._gan(image, True, False)
        losses.update(self._code_losses(out, gt))
        return losses

    def _gan(self, image, target_is_real, is_disc):
        score = self.discriminator(image)
        return full_precision(self.gan_loss)(score, target_is_real, is_disc)

    def _prior_of(self, gt):
        losses = self.code_losses.values()
        if not any(loss.needs_prior for loss in losses):
            return None
        network = self._prior_part[0] if self._prior_part else self.hq_prior
        with torch.no_grad():
            return network(gt, decode=False)

    def _code_losses(self, out, gt):
        prior = self._prior or self._prior_of(gt)
        targets = {'prior': prior, 'gt': gt}
        return {
            f'loss_{name}': loss(out, targets[loss.target])
            for name, loss in self.code_losses.items()
        }

    def d_step_with_optim(
        self, image: Tensor, gt: Tensor, optim_wrapper: OptimWrapperDict
    ) -> dict[str, Tensor]:
        """One discriminator step on real and restored images."""
        optim = optim_wrapper['discriminator']
        with optim.optim_context(self):
            losses = {
                'loss_d_real': self._gan(gt, True, True),
                'loss_d_fake': self._gan(image, False, True),
            }
        total, logs = self.parse_losses(losses)
        optim.update_params(total)
        return logs


def _frozen_part(model, name):
    part = find_part(model, name)
    trained = [key for key, p in part.named_parameters() if p.requires_grad]
    if trained:
        raise ConfigError(
            f'The part that hq_prior names must be frozen, but {name} has '
            f'{len(trained)} parameters that are trained, such as '
            f'{trained[0]}: add {name!r} to frozen.'
        )
    return part


def _unless_weight_0(loss):
    return loss if loss and loss.get('loss_weight', 1) != 0 else None
