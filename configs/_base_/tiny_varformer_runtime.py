# Minutes on a CPU, without a discriminator.
_base_ = './tiny_runtime.py'

optim_wrapper = dict(
    _delete_=True,
    constructor='adacode_mm.TrainedPartsConstructor',
    generator=dict(
        type='OptimWrapper',
        optimizer=dict(type='Adam', lr=1e-3, betas=(0.9, 0.99)),
        clip_grad=dict(max_norm=0.3),
    ),
)
auto_scale_lr = dict(base_batch_size=8)
