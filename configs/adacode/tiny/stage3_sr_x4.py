# Stage III: super-resolution, x4.
_base_ = [
    '../../_base_/tiny_runtime.py',
    '../../_base_/models/tiny_stage3.py',
    '../../_base_/datasets/tiny_sr_x4.py',
]

work_dir = 'work_dirs/tiny/stage3_sr_x4'

model = dict(generator=dict(encoder=dict(channels=(32, 64))))
