# For runs of minutes to an hour.
_base_ = './default_runtime.py'

# Small networks stand larger steps than the paper's 1e-4; with so few of them
# they have to end small.
train_cfg = dict(max_iters=1000, val_interval=500)
optim_wrapper = dict(
    _delete_=True,
    constructor='adacode_mm.TrainedPartsConstructor',
    generator=dict(
        # In float32: most CPUs are slower in half precision.
        type='OptimWrapper',
        optimizer=dict(type='Adam', lr=1e-3, betas=(0.9, 0.99)),
        clip_grad=dict(max_norm=0.5),
    ),
)
param_scheduler = [
    dict(type='LinearLR', by_epoch=False, start_factor=0.05, begin=0, end=50),
    dict(
        type='CosineAnnealingLR',
        by_epoch=False,
        begin=50,
        T_max=950,
        eta_min_ratio=0.02,
    ),
]

default_hooks = dict(logger=dict(interval=25), checkpoint=dict(interval=250))
custom_hooks = [
    # So few steps would leave most codes unused.
    dict(
        type='adacode_mm.ReviveCodesHook',
        iterations=(25, 50, 75, 100, 150, 200, 250, 300, 400),
    ),
    dict(type='adacode_mm.CodebookUsageHook', interval=250),
    dict(type='adacode_mm.RestorationPictureHook', interval=1000),
    dict(type='adacode_mm.CodebookPictureHook', interval=1000, style='signed'),
]
env_cfg = dict(dist_cfg=dict(backend='gloo'))
