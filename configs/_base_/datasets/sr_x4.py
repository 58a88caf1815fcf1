# As for x2: 512 px patches with low-resolution partners of the same name.
_base_ = './sr_x2.py'

train_pipeline = [
    dict(step, scale=4) if 'scale' in step else step
    for step in _base_.train_pipeline
]
train_dataloader = dict(
    dataset=dict(
        data_prefix=dict(img='patches_LR_X4'),
        scale=4,
        pipeline=train_pipeline,
    )
)
val_dataloader = test_dataloader = dict(
    dataset=dict(data_prefix=dict(img='patches_LR_X4'), scale=4)
)

val_evaluator = test_evaluator = dict(
    metrics=[
        dict(metric, crop_border=4) if 'crop_border' in metric else metric
        for metric in _base_.val_evaluator.metrics
    ]
)
