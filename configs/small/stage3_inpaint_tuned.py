# Stage III, last part: goes on from stage3_inpaint.py, and the decoder moves,
# too.
_base_ = './stage3_inpaint.py'

work_dir = 'work_dirs/small/stage3_inpaint_tuned'

model = dict(
    init_cfg=dict(
        sources=[
            dict(
                checkpoint=_base_.work_dir, parts=dict(generator='generator')
            ),
            dict(
                checkpoint='work_dirs/small/stage2',
                parts=dict(hq_prior='generator'),
            ),
        ],
    ),
    frozen=['generator.quantizers'],
)
optim_wrapper = dict(generator=dict(optimizer=dict(lr=2e-4)))
train_cfg = dict(max_iters=1500, val_interval=750)
param_scheduler = [
    _base_.param_scheduler[0],
    dict(_base_.param_scheduler[1], T_max=1450),
]
