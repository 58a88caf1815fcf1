# Stage III, super-resolution, on a handful of photographs that come with the
# repository. Their low-resolution partners are made on the way.
_base_ = './tiny_loaders.py'

metainfo = dict(dataset_type='adacode', task_name='sisr')

train_pipeline = [
    dict(type='adacode_mm.LoadImageFile', key='gt', channel_order='rgb'),
    dict(
        type='adacode_mm.PairedRandomResizedCrop',
        gt_patch_size=64,
        lq_key=None,
    ),
    dict(type='Flip', keys=['gt'], flip_ratio=0.5, direction='horizontal'),
    dict(type='Flip', keys=['gt'], flip_ratio=0.5, direction='vertical'),
    dict(type='RandomTransposeHW', keys=['gt'], transpose_ratio=0.5),
    # A handful of photographs has few colours: every other one gets others.
    dict(
        type='RandomApply',
        transforms=[
            dict(type='ColorJitter', keys=['gt'], hue=0.5, saturation=0.5)
        ],
        prob=0.5,
    ),
    dict(type='adacode_mm.BicubicDownsample', scale=2),
    dict(type='PackInputs'),
]
val_pipeline = [
    dict(type='adacode_mm.LoadImageFile', key='gt', channel_order='rgb'),
    dict(type='SetValues', dictionary=dict(scale=2)),
    dict(type='ModCrop', key='gt'),
    dict(type='adacode_mm.BicubicDownsample', scale=2),
    dict(type='PackInputs'),
]

train_dataloader = dict(
    dataset=dict(metainfo=metainfo, pipeline=train_pipeline)
)
val_dataloader = test_dataloader = dict(
    dataset=dict(metainfo=metainfo, pipeline=val_pipeline)
)

val_evaluator = test_evaluator = dict(
    metrics=[
        dict(metric, crop_border=2) if 'crop_border' in metric else metric
        for metric in _base_.val_evaluator.metrics
    ]
)
