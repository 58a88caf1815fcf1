# Baseline FeMaSR, LQ stage: super-resolution, x4.
_base_ = [
    '../../_base_/tiny_runtime.py',
    '../../_base_/models/tiny_femasr_lq.py',
    '../../_base_/datasets/tiny_sr_x4.py',
]

work_dir = 'work_dirs/tiny/femasr_sr_x4'

model = dict(generator=dict(encoder=dict(channels=(64, 64))))
