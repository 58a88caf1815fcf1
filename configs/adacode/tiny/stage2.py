# Stage II: all super-classes, the five codebooks of stage I.
_base_ = [
    '../../_base_/tiny_runtime.py',
    '../../_base_/models/tiny_stage2.py',
    '../../_base_/datasets/tiny_reconstruction.py',
]

work_dir = 'work_dirs/tiny/stage2'
