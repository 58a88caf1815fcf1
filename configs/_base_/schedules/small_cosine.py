# Small networks stand larger steps than the paper's 1e-4; with so few of them
# they have to end small.
_base_ = './adam_350k.py'

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
