# VarFormer's schedule of stage 1, without a discriminator.
_base_ = './default_runtime.py'

train_cfg = dict(max_iters=500_000, val_interval=10_000)
optim_wrapper = dict(
    _delete_=True,
    constructor='adacode_mm.TrainedPartsConstructor',
    generator=dict(
        type='OptimWrapper',
        optimizer=dict(type='Adam', lr=1e-4, betas=(0.9, 0.99)),
    ),
)
param_scheduler = dict(
    type='MultiStepLR',
    by_epoch=False,
    milestones=[400_000, 450_000],
    gamma=0.5,
)
auto_scale_lr = dict(base_batch_size=8)
