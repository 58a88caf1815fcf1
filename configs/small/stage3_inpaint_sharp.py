# Stage III, second part: goes on from stage3_inpaint.py. Images that need
# not be faithful are judged by ST-LPIPS and by a discriminator, too; the
# average of the weights is what ships.
_base_ = ['./stage3_inpaint.py', '../_base_/models/small_sharp.py']

work_dir = 'work_dirs/small/stage3_inpaint_sharp'

model = dict(
    perceptual_loss=dict(_delete_=True, **_base_.small_perceptual_loss),
    discriminator=dict(_delete_=True, **_base_.small_discriminator),
    gan_loss=dict(_delete_=True, **_base_.small_gan_loss),
    train_cfg=dict(ema=True),
    init_cfg=dict(
        sources=[
            dict(
                checkpoint='work_dirs/small/stage3_inpaint',
                parts=dict(generator='generator'),
            ),
            dict(
                checkpoint='work_dirs/small/stage2',
                parts=dict(hq_prior='generator'),
            ),
        ],
    ),
)
optim_wrapper = _base_.small_sharp_optim_wrapper
train_cfg = dict(max_iters=4000, val_interval=1000)
param_scheduler = [
    _base_.param_scheduler[0],
    dict(_base_.param_scheduler[1], T_max=3950),
]
custom_hooks = [*_base_.custom_hooks, _base_.small_average]
