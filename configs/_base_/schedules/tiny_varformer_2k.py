# Minutes on a CPU, without a discriminator.
_base_ = './varformer_500k.py'

train_cfg = dict(max_iters=2000, val_interval=1000)
optim_wrapper = dict(
    generator=dict(optimizer=dict(lr=1e-3), clip_grad=dict(max_norm=0.3))
)
# With so few steps they have to end small.
param_scheduler = dict(
    _delete_=True,
    type='CosineAnnealingLR',
    by_epoch=False,
    T_max=2000,
    eta_min_ratio=0.02,
)
