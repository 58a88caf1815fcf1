# Stage III, second part: goes on from stage3_sr_x2.py, with clean images among
# the degraded, so that good photographs are not smoothed.
_base_ = './stage3_sr_x2.py'

work_dir = 'work_dirs/small/stage3_sr_x2_mixed'

model = dict(
    init_cfg=dict(
        sources=[
            dict(
                checkpoint='work_dirs/small/stage3_sr_x2',
                parts=dict(generator='generator'),
            ),
            dict(
                checkpoint='work_dirs/small/stage2',
                parts=dict(hq_prior='generator'),
            ),
        ],
    ),
)
train_pipeline = [
    dict(
        type='RandomChoice',
        transforms=[
            [step],
            [dict(type='adacode_mm.BicubicDownsample', scale=step.scale)],
        ],
        prob=[0.7, 0.3],
    )
    if step.type == 'adacode_mm.BSRGANDegradation'
    else step
    for step in _base_.train_pipeline
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
train_cfg = dict(max_iters=2000, val_interval=1000)
param_scheduler = [
    _base_.param_scheduler[0],
    dict(_base_.param_scheduler[1], T_max=1950),
]
