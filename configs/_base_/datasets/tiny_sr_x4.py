# As for x2, on a handful of photographs that come with the repository.
_base_ = './tiny_sr_x2.py'

train_pipeline = [
    dict(step, scale=4) if 'scale' in step else step
    for step in _base_.train_pipeline
]
val_pipeline = [
    dict(type='adacode_mm.LoadImageFile', key='gt', channel_order='rgb'),
    dict(type='SetValues', dictionary=dict(scale=4)),
    dict(type='ModCrop', key='gt'),
    dict(type='adacode_mm.BicubicDownsample', scale=4),
    dict(type='PackInputs'),
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = test_dataloader = dict(dataset=dict(pipeline=val_pipeline))

val_evaluator = test_evaluator = dict(
    metrics=[
        dict(metric, crop_border=4) if 'crop_border' in metric else metric
        for metric in _base_.val_evaluator.metrics
    ]
)
