# Without codes, on the same data as stage3_sr_x2.py, which starts from it.
_base_ = [
    '../_base_/small_runtime.py',
    '../_base_/models/small_plain.py',
    '../_base_/datasets/small_sr_x2_online.py',
]

work_dir = 'work_dirs/small/plain_sr_x2'

model = dict(generator=dict(scale=2, network=dict(scale=2)))
train_cfg = dict(max_iters=8000, val_interval=4000)
param_scheduler = [
    _base_.param_scheduler[0],
    dict(_base_.param_scheduler[1], T_max=7950),
]
custom_hooks = [dict(type='adacode_mm.RestorationPictureHook', interval=1000)]
