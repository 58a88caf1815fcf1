# Stage III: blind super-resolution, x2.
_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/models/stage3.py',
    '../_base_/datasets/sr_x2.py',
]

model = dict(generator=dict(encoder=dict(channels=(128, 256, 256))))
