# Stage I: the codebook of one group of patches. The others are like this one.
# The encoder stays as the autoencoder has it, so that the codes of all groups
# lie in one feature space.
_base_ = './autoencoder.py'

work_dir = 'work_dirs/small/stage1_group0'

model = dict(
    init_cfg=dict(
        type='adacode_mm.PretrainedParts',
        sources=[
            dict(
                checkpoint='work_dirs/small/autoencoder',
                parts={
                    f'generator.{part}': f'generator.{part}'
                    for part in (
                        'encoder',
                        'pre_quants',
                        'post_quants',
                        'decoder',
                    )
                },
            )
        ],
    ),
    frozen=['generator.encoder', 'generator.pre_quants'],
)
train_dataloader = dict(dataset=dict(ann_file='annotations/group0_train.txt'))
val_dataloader = dict(dataset=dict(ann_file='annotations/group0_valid.txt'))
test_dataloader = val_dataloader

# Only the codes are handed over.
train_cfg = dict(max_iters=100, val_interval=50)
default_hooks = dict(checkpoint=dict(interval=50))
param_scheduler = [
    _base_.param_scheduler[0],
    dict(_base_.param_scheduler[1], T_max=50),
]
custom_hooks = [
    dict(type='adacode_mm.CodebookWarmUpHook', iterations=20),
    dict(
        type='adacode_mm.ReviveCodesHook',
        iterations=(30, 40, 50, 60, 70),
    ),
    dict(type='adacode_mm.CodebookUsageHook', interval=25),
]
