# Minutes on a CPU. Small networks stand larger steps than the paper's 1e-4.
_base_ = './adam_350k.py'

train_cfg = dict(max_iters=2000, val_interval=1000)
optim_wrapper = dict(
    generator=dict(optimizer=dict(lr=2e-3), clip_grad=dict(max_norm=0.3)),
    discriminator=dict(optimizer=dict(lr=2e-4)),
)
# With so few steps they have to end small.
param_scheduler = dict(
    type='CosineAnnealingLR', by_epoch=False, T_max=2000, eta_min_ratio=0.02
)
