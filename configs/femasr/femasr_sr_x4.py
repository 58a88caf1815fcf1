# Baseline FeMaSR, LQ stage: blind super-resolution, x4.
_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/models/femasr_lq.py',
    '../_base_/datasets/sr_x4.py',
]

model = dict(generator=dict(encoder=dict(channels=(256, 256))))
