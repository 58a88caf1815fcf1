# Stage 2: restoration with the prior of VAR d16. Four GPUs.
_base_ = [
    '../_base_/varformer_runtime.py',
    '../_base_/models/varformer_stage2.py',
    '../_base_/datasets/tasks.py',
]

work_dir = 'work_dirs/varformer_stage2_d16'
custom_hooks = [
    dict(type='adacode_mm.RestorationPictureHook', interval=20_000),
    # The average that validation sees: 0.998 * average + 0.002 * weights.
    dict(
        type='ExponentialMovingAverageHook',
        module_keys=('generator_ema',),
        interval=1,
        interp_cfg=dict(momentum=0.002),
    ),
]

stage1 = dict(
    checkpoint='work_dirs/varformer_stage1_d16',
    parts={
        'generator.prior.vqvae': 'generator.vqvae',
        'generator.prior.var': 'generator.var',
        'generator.prior.adapter': 'generator.adapter',
        **{
            # Stage 1 has one behind each block.
            f'generator.prior.cross_attentions.{block}': (
                f'generator.cross_attentions.{block}'
            )
            for block in range(8)
        },
    },
)
model = dict(
    train_cfg=dict(ema=True),
    init_cfg=dict(type='adacode_mm.PretrainedParts', sources=[stage1]),
)
train_cfg = dict(max_iters=700_000)
train_dataloader = dict(batch_size=16)
auto_scale_lr = dict(base_batch_size=64)
