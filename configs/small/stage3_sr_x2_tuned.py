# Stage III, last part: goes on from stage3_sr_x2_mixed.py, and the decoder
# moves, too. That of stage II left faint lines 8 pixels apart.
_base_ = './stage3_sr_x2_mixed.py'

work_dir = 'work_dirs/small/stage3_sr_x2_tuned'

model = dict(
    init_cfg=dict(
        sources=[
            dict(
                checkpoint=_base_.work_dir, parts=dict(generator='generator')
            ),
            _base_.model.init_cfg.sources[1],
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
