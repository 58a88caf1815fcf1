# Baseline FeMaSR, HQ stage: one codebook for all classes. Data and schedule
# are AdaCode's, so that the comparison is one of the models.
_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/models/femasr_hq.py',
    '../_base_/datasets/reconstruction.py',
]
