# Stage III: blind super-resolution.
_base_ = [
    '../_base_/small_runtime.py',
    '../_base_/models/small_stage3.py',
    '../_base_/datasets/small_sr_x4_online.py',
    '../_base_/schedules/small_cosine.py',
]

work_dir = 'work_dirs/small/stage3_sr_x4'

model = dict(generator=dict(encoder=dict(channels=(96, 96))))
train_cfg = dict(max_iters=1500, val_interval=750)
param_scheduler = [
    _base_.param_scheduler[0],
    dict(_base_.param_scheduler[1], T_max=1450),
]
