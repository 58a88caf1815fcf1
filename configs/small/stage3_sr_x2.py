# Stage III, super-resolution x2: half of the images are clean, the others
# degraded. First the pixel loss alone; stage3_sr_x2_sharp.py goes on.
_base_ = [
    '../_base_/small_runtime.py',
    '../_base_/models/small_stage3.py',
    '../_base_/datasets/small_sr_x2_online.py',
]

work_dir = 'work_dirs/small/stage3_sr_x2'

model = dict(
    generator=dict(
        encoder=dict(channels=(64, 64, 64)),
        decoder=dict(channels=(64, 64, 64), scale=2),
    ),
    # The decoder of stage II is one for x4.
    init_cfg=dict(
        sources=[
            dict(
                _base_.model.init_cfg.sources[0],
                parts={
                    target: start
                    for target, start in (
                        _base_.model.init_cfg.sources[0].parts.items()
                    )
                    if 'decoder' not in target
                },
            ),
            dict(
                _base_.model.init_cfg.sources[1],
                checkpoint='work_dirs/small/plain_sr_x2',
            ),
        ],
    ),
)
train_cfg = dict(max_iters=12000, val_interval=3000)
param_scheduler = [
    _base_.param_scheduler[0],
    dict(_base_.param_scheduler[1], T_max=11950),
]
