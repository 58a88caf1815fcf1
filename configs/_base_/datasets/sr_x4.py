# Stage III, super-resolution x4: 512 px patches with low-resolution partners
# of the same name, degraded once beforehand, as in the release.
#
# Patches in `data_root`/patches, listed in `data_root`/annotations. It is
# another folder with `--cfg-options data_root=...`, which reaches every data
# set, or for all runs with the environment variable ADACODE_DATA.
data_root = '{{$ADACODE_DATA:data/adacode}}'
metainfo = dict(dataset_type='adacode', task_name='sisr')

train_pipeline = [
    dict(type='adacode_mm.LoadImageFile', key='img', channel_order='rgb'),
    dict(type='adacode_mm.LoadImageFile', key='gt', channel_order='rgb'),
    dict(
        type='adacode_mm.PairedRandomResizedCrop',
        gt_patch_size=256,
        scale=4,
    ),
    dict(
        type='Flip', keys=['img', 'gt'], flip_ratio=0.5, direction='horizontal'
    ),
    dict(
        type='Flip', keys=['img', 'gt'], flip_ratio=0.5, direction='vertical'
    ),
    dict(type='RandomTransposeHW', keys=['img', 'gt'], transpose_ratio=0.5),
    dict(type='PackInputs'),
]
val_pipeline = [
    dict(type='adacode_mm.LoadImageFile', key='img', channel_order='rgb'),
    dict(type='adacode_mm.LoadImageFile', key='gt', channel_order='rgb'),
    dict(type='PackInputs'),
]

train_dataloader = dict(
    batch_size=8,  # a GPU: 32 on four; the release has 64 from stage II on
    num_workers=8,
    persistent_workers=True,
    drop_last=True,
    sampler=dict(type='adacode_mm.ResumableSampler', shuffle=True),
    dataset=dict(
        type='adacode_mm.RestorationDataset',
        metainfo=metainfo,
        data_root=data_root,
        ann_file='annotations/train.txt',
        data_prefix=dict(gt='patches', img='patches_LR_X4'),
        scale=4,
        pipeline=train_pipeline,
        min_size=256,  # the crop's; looked for before training starts
    ),
)
val_dataloader = test_dataloader = dict(
    batch_size=1,
    num_workers=4,
    persistent_workers=True,
    drop_last=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='adacode_mm.RestorationDataset',
        metainfo=metainfo,
        data_root=data_root,
        ann_file='annotations/valid.txt',
        data_prefix=dict(gt='patches', img='patches_LR_X4'),
        scale=4,
        pipeline=val_pipeline,
    ),
)

val_evaluator = test_evaluator = dict(
    type='Evaluator',
    metrics=[
        dict(type='PSNR', prefix='val', crop_border=4),
        dict(type='SSIM', prefix='val', crop_border=4),
        dict(type='adacode_mm.LPIPS', prefix='val'),
    ],
)
