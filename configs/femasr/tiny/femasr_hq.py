# Baseline FeMaSR, HQ stage: one codebook for all classes.
_base_ = [
    '../../_base_/tiny_runtime.py',
    '../../_base_/models/tiny_femasr_hq.py',
    '../../_base_/datasets/tiny_reconstruction.py',
]

work_dir = 'work_dirs/tiny/femasr_hq'
