# Stage III: blind super-resolution.
_base_ = [
    '../_base_/small_runtime.py',
    '../_base_/models/small_stage3.py',
    '../_base_/datasets/small_sr_x2_online.py',
    '../_base_/schedules/small_cosine.py',
]

work_dir = 'work_dirs/small/stage3_sr_x2'

model = dict(generator=dict(encoder=dict(channels=(64, 96, 96))))
