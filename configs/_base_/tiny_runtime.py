# For runs of minutes on a CPU.
_base_ = './default_runtime.py'

# Small networks stand larger steps than the paper's 1e-4.
train_cfg = dict(max_iters=2000, val_interval=1000)
optim_wrapper = dict(
    generator=dict(optimizer=dict(lr=2e-3), clip_grad=dict(max_norm=0.3)),
    discriminator=dict(optimizer=dict(lr=2e-4)),
)
# With so few steps they have to end small.
param_scheduler = dict(
    type='CosineAnnealingLR', by_epoch=False, T_max=2000, eta_min_ratio=0.02
)

default_hooks = dict(logger=dict(interval=50), checkpoint=dict(interval=500))
custom_hooks = [
    dict(type='adacode_mm.CodebookUsageHook', interval=250),
    dict(type='adacode_mm.RestorationPictureHook'),
    dict(type='adacode_mm.CodebookPictureHook', style='signed'),
]
env_cfg = dict(dist_cfg=dict(backend='gloo'))
