# Stage III, super-resolution x4: half of the images are clean, the others
# degraded. First the pixel loss alone; stage3_sr_x4_sharp.py goes on.
_base_ = [
    '../_base_/small_runtime.py',
    '../_base_/models/small_stage3.py',
    '../_base_/datasets/small_sr_x4_online.py',
]

work_dir = 'work_dirs/small/stage3_sr_x4'

model = dict(generator=dict(encoder=dict(channels=(64, 64))))
train_cfg = dict(max_iters=12000, val_interval=3000)
param_scheduler = [
    _base_.param_scheduler[0],
    dict(_base_.param_scheduler[1], T_max=11950),
]
