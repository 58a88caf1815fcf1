# Stage III with the released schedule, which is longer than the paper's. Its
# batch of 64 is 8 on each of 8 GPUs.
_base_ = '../stage3_sr_x2.py'

train_cfg = dict(max_iters=730_000, val_interval=3000)
auto_scale_lr = dict(base_batch_size=64)
model = dict(
    init_cfg=dict(
        sources=[
            dict(source, checkpoint='work_dirs/stage2_730k')
            for source in _base_.model.init_cfg.sources
        ],
    ),
)
