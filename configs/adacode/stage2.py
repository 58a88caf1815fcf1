# Stage II: all super-classes, the five codebooks of stage I.
_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/models/stage2.py',
    '../_base_/datasets/reconstruction.py',
]
