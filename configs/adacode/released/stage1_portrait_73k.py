# Stage I with the released schedule, which is shorter than the paper's.
_base_ = '../stage1_portrait.py'

train_cfg = dict(max_iters=73_500, val_interval=300)
