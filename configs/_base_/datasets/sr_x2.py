# Stage III, super-resolution: 512 px patches with low-resolution partners of
# the same name, degraded once beforehand, as in the release.
_base_ = './loaders.py'

metainfo = dict(dataset_type='adacode', task_name='sisr')

train_pipeline = [
    dict(type='adacode_mm.LoadImageFile', key='img', channel_order='rgb'),
    dict(type='adacode_mm.LoadImageFile', key='gt', channel_order='rgb'),
    dict(
        type='adacode_mm.PairedRandomResizedCrop',
        gt_patch_size=256,
        scale=2,
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
    dataset=dict(
        metainfo=metainfo,
        data_prefix=dict(img='patches_LR_X2'),
        scale=2,
        pipeline=train_pipeline,
    )
)
val_dataloader = test_dataloader = dict(
    dataset=dict(
        metainfo=metainfo,
        data_prefix=dict(img='patches_LR_X2'),
        scale=2,
        pipeline=val_pipeline,
    )
)

val_evaluator = test_evaluator = dict(
    metrics=[
        dict(metric, crop_border=2) if 'crop_border' in metric else metric
        for metric in _base_.val_evaluator.metrics
    ]
)
