# 350k iterations as in the paper; the release has 73.5k for stage I and 730k
# for stages II and III. Learning rates stay constant in both.
train_cfg = dict(
    type='adacode_mm.ResumableTrainLoop', max_iters=350_000, val_interval=5000
)
val_cfg = dict(type='MultiValLoop')
test_cfg = dict(type='MultiTestLoop')

optim_wrapper = dict(
    constructor='adacode_mm.TrainedPartsConstructor',
    generator=dict(
        type='OptimWrapper',
        optimizer=dict(type='Adam', lr=1e-4, betas=(0.9, 0.99)),
    ),
    discriminator=dict(
        type='OptimWrapper',
        optimizer=dict(type='Adam', lr=4e-4, betas=(0.9, 0.99)),
    ),
)
# Turned on by --auto-scale-lr: the rates above are for 32 images a step.
auto_scale_lr = dict(enable=False, base_batch_size=32)
