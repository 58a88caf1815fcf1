"""One training step: what it minimises, moves, logs and counts."""

import copy

import pytest
import torch
from tiny_stages import (
    TinyTraining,
    photo_batch,
    seeded_model,
    seeded_optimizers,
    tiny_config,
)

from adacode_mm.models.layers.hole_fill import fill_holes
from adacode_mm.models.layers.padding import padded_forward
from adacode_mm.registry import MODELS

STAGE1, STAGE2, STAGE3 = 'stage1_arch', 'stage2', 'stage3_sr_x4'
GAN = ['loss_gan', 'loss_d_real', 'loss_d_fake']
LOGGED = {
    STAGE1: ['loss_pix', 'loss_vq', *GAN],
    STAGE2: ['loss_pix', 'loss_vq', *GAN],
    STAGE3: [
        'loss_pix',
        'loss_match_codes',
        'loss_match_mixed',
        'loss_nce',
        *GAN,
    ],
}
FROZEN = {
    STAGE1: (),
    STAGE2: ('generator.quantizers',),
    STAGE3: (
        'generator.quantizers',
        'generator.post_quants',
        'generator.decoder',
        'hq_prior',
    ),
}


@pytest.fixture(params=[STAGE1, STAGE2, STAGE3])
def stage(request):
    return request.param


@MODELS.register_module()
class EditorTestLoss(torch.nn.Module):
    """Looks at the ground truth, as the semantic loss does."""

    needs_prior = False
    target = 'gt'

    def forward(self, out, gt):
        return (out.mixed.mean() - gt.mean()).square()


def parameters(model):
    return {name: p.detach().clone() for name, p in model.named_parameters()}


def moved(before, model):
    after = dict(model.named_parameters())
    return {name for name in before if not after[name].equal(before[name])}


def test_a_step_moves_what_is_trained_and_nothing_else(stage):
    training = TinyTraining(stage)
    before = parameters(training.model)
    frozen = {n for n in before if n.startswith(FROZEN[stage] or ('-',))}
    assert bool(frozen) == bool(FROZEN[stage])
    logs = training.step()
    assert sorted(logs) == sorted(LOGGED[stage])
    for name, value in logs.items():
        assert torch.isfinite(torch.as_tensor(value)), name
    changed = moved(before, training.model)
    assert not changed & frozen, 'frozen parameters moved'
    # Inside of both hinges the last bias gets -1 from real and 1 from fake.
    still = before.keys() - frozen - changed - {'discriminator.conv_9.bias'}
    assert not still, f'no gradient for {sorted(still)}'


def test_a_step_has_one_entry_per_loss_with_its_value(stage):
    training = TinyTraining(stage)
    model = training.model
    out, gt = training.forward()
    assert gt.min() >= 0 and gt.max() <= 1 < 255 * gt.max()
    losses = {'loss_pix': (out.image - gt).abs().mean()}
    prior = model.hq_prior(gt) if stage == STAGE3 else None
    for name, loss in model.code_losses.items():
        losses[f'loss_{name}'] = loss(out, prior)
    logs = training.step()
    for name, value in losses.items():
        assert logs[name].item() == pytest.approx(value.item(), rel=1e-5)


@pytest.mark.parametrize('fill', ['white', 'harmonic'])
def test_holes_are_filled_and_weighted(fill):
    """In training and in prediction, whatever they hold then."""
    training = TinyTraining(
        'stage3_inpaint',
        **{
            'model.generator.hole_fill': fill,
            'model.train_cfg': {'hole_weight': 4},
        },
    )
    model = training.model
    # The crop may have missed all of the strokes.
    samples = zip(*training.batch.values(), strict=True)
    for image, sample in samples:
        sample.mask[:, 5:25, 8:20] = 1
        image[:, 7:23, 10:18] = 255
    seen = []
    model.generator.register_forward_hook(
        lambda net, args, out: seen.append((args[0], out.image))
    )
    data = model.data_preprocessor(copy.deepcopy(training.batch), True)
    gt = data['data_samples'].gt_img
    holes = data['data_samples'].mask > 0
    assert 0 < holes.float().mean() < 1
    logs = training.step()
    ((inputs, image),) = seen
    # White strokes have soft edges, which stay.
    expected = data['inputs']
    if fill == 'harmonic':
        expected = fill_holes(data['inputs'], holes, 'harmonic')
        assert (expected - data['inputs']).abs().mean() > 0.01
    assert torch.equal(inputs, expected)
    error = (image - gt).abs().mean(1, keepdim=True)
    loss = 4 * error[holes].sum() + error[~holes].sum()
    loss = loss / (4 * holes.sum() + (~holes).sum())
    assert logs['loss_pix'].item() == pytest.approx(loss.item(), rel=1e-5)

    model.eval()
    found = []
    for value in (0, 0.3):
        painted = data['inputs'].masked_fill(holes, value)
        with torch.no_grad():
            found.append(model.forward_tensor(painted, data['data_samples']))
    assert torch.equal(*found)
    filled = fill_holes(data['inputs'], holes, fill)
    with torch.no_grad():
        expected = padded_forward(model.generator, filled, 'released').image
    assert torch.equal(found[0], expected)


def test_hinge_losses_of_both_sides():
    """G: minus the score, weighted; D: hinge, without a factor."""
    training = TinyTraining(STAGE1)
    model = training.model
    seen = []
    model.discriminator.register_forward_hook(
        lambda net, args, score: seen.append((args[0], score))
    )
    out, gt = training.forward()
    logs = training.step()
    (image, fake), (real_image, real), (fake_image, fake_again) = seen
    assert torch.equal(image, out.image) and image.grad_fn is not None
    assert torch.equal(real_image, gt)
    assert torch.equal(fake_image, out.image) and not fake_image.requires_grad
    values = {
        'loss_gan': -training.cfg.model.gan_loss.loss_weight * fake.mean(),
        'loss_d_real': (1 - real).relu().mean(),
        'loss_d_fake': (1 + fake_again).relu().mean(),
    }
    for name, value in values.items():
        assert logs[name].item() == pytest.approx(value.item(), rel=1e-5)


def test_the_discriminators_step_leaves_the_generator_alone():
    training = TinyTraining(STAGE1)
    model = training.model
    out, gt = training.forward()
    losses = model.g_step(out, gt)
    sum(losses.values()).backward(retain_graph=True)
    grads = {n: p.grad.clone() for n, p in model.generator.named_parameters()}
    assert all(grad.abs().sum() > 0 for grad in grads.values())
    before = parameters(model)
    model.d_step_with_optim(out.image.detach(), gt, training.optim)
    for name, parameter in model.generator.named_parameters():
        assert torch.equal(parameter.grad, grads[name]), name
    changed = moved(before, model)
    assert changed
    assert all(name.startswith('discriminator.') for name in changed)


def test_the_generators_step_leaves_the_discriminator_alone():
    training = TinyTraining(STAGE1)
    training.model.disc_repeat = 0
    before = parameters(training.model)
    logs = training.step()
    assert not {'loss_d_real', 'loss_d_fake'} & logs.keys()
    changed = moved(before, training.model)
    assert changed
    assert all(name.startswith('generator.') for name in changed)
    for name, parameter in training.model.discriminator.named_parameters():
        assert parameter.grad is None, name


def test_a_code_loss_may_look_at_the_ground_truth():
    options = {'model.code_losses.own': {'type': 'EditorTestLoss'}}
    training = TinyTraining(STAGE1, **options)
    out, gt = training.forward()
    expected = (out.mixed.mean() - gt.mean()).square().item()
    found = training.step()['loss_own'].item()
    assert found == pytest.approx(expected, rel=1e-5)
    assert found > 1e-3


@pytest.mark.parametrize('counts', [1, 2])
def test_accumulated_gradients(counts):
    """Both optimizers step equally often, and as for one larger batch."""
    key = 'optim_wrapper.{}.accumulative_counts'
    both = ('generator', 'discriminator')
    training = TinyTraining(STAGE1, **{key.format(n): counts for n in both})
    steps = dict.fromkeys(both, 0)
    for name in both:
        optimizer = training.optim[name].optimizer

        def count(*args, name=name):
            steps[name] += 1

        optimizer.register_step_post_hook(count)
    for _ in range(4):
        training.step()
    assert steps == dict.fromkeys(both, 4 // counts)
    assert training.model.step_counter == 4


def test_without_a_discriminator():
    cfg = tiny_config(
        STAGE1, **{'model.discriminator': None, 'model.gan_loss': None}
    )
    del cfg.optim_wrapper['discriminator']
    model = seeded_model(cfg).train()
    optim = seeded_optimizers(cfg, model)
    before = parameters(model)
    logs = model.train_step(photo_batch(cfg), optim)
    assert sorted(logs) == ['loss_pix', 'loss_vq']
    assert moved(before, model) == before.keys()


@pytest.mark.parametrize('name', ['pixel_loss', 'gan_loss'])
def test_images_are_not_compared_with_weight_zero(name):
    options = {f'model.{name}.loss_weight': 0}
    training = TinyTraining(STAGE1, **options)
    if name == 'gan_loss':
        training.model.discriminator.register_forward_pre_hook(pytest.fail)
    left = {'pixel_loss': ['loss_pix'], 'gan_loss': GAN}[name]
    assert training.step().keys() == set(LOGGED[STAGE1]) - set(left)


def test_losses_of_weight_zero_are_not_computed():
    options = {'model.code_losses.nce.loss_weight': 0}
    training = TinyTraining(STAGE3, **options)
    assert 'loss_nce' not in training.step()
    # Without any loss that needs it, the prior does not run at all.
    for name in ('match_codes', 'match_mixed'):
        options[f'model.code_losses.{name}.loss_weight'] = 0
    training = TinyTraining(STAGE3, **options)
    training.model.hq_prior.register_forward_pre_hook(pytest.fail)
    assert sorted(training.step()) == sorted(['loss_pix', *GAN])


def test_discriminator_starts_first_also_after_a_resume():
    options = {'model.train_cfg': {'disc_init_steps': 3}}
    training = TinyTraining(STAGE1, **options)
    for _ in range(2):
        assert sorted(training.step()) == ['loss_d_fake', 'loss_d_real']
    state = training.model.state_dict()
    resumed = TinyTraining(STAGE1, **options)
    resumed.model.load_state_dict(state)
    assert resumed.model.step_counter == 2
    assert 'loss_pix' not in resumed.step()
    assert 'loss_pix' in resumed.step()
