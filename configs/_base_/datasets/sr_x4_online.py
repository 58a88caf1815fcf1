# As for x2: the low-resolution partner of each crop is made on the way.
_base_ = './sr_x2_online.py'

train_pipeline = [
    dict(step, scale=4) if 'scale' in step else step
    for step in _base_.train_pipeline
]
val_pipeline = [
    dict(step, scale=4) if 'scale' in step else step
    for step in _base_.val_pipeline
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline, scale=4))
val_dataloader = test_dataloader = dict(
    dataset=dict(pipeline=val_pipeline, scale=4)
)

val_evaluator = test_evaluator = dict(
    metrics=[
        dict(metric, crop_border=4) if 'crop_border' in metric else metric
        for metric in _base_.val_evaluator.metrics
    ]
)
