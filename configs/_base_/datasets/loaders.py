# Patches in data/adacode/patches, listed in data/adacode/annotations.
data_root = 'data/adacode'

train_dataloader = dict(
    batch_size=8,  # a GPU: 32 on four, as in the paper
    num_workers=8,
    persistent_workers=True,
    drop_last=True,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(
        type='BasicImageDataset',
        data_root=data_root,
        ann_file='annotations/train.txt',
        data_prefix=dict(gt='patches'),
    ),
)
val_dataloader = test_dataloader = dict(
    batch_size=1,
    num_workers=4,
    persistent_workers=True,
    drop_last=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='BasicImageDataset',
        data_root=data_root,
        ann_file='annotations/valid.txt',
        data_prefix=dict(gt='patches'),
    ),
)

val_evaluator = test_evaluator = dict(
    type='Evaluator',
    metrics=[
        dict(type='PSNR', prefix='val', crop_border=0),
        dict(type='SSIM', prefix='val', crop_border=0),
    ],
)
