# As for x4: 512 px patches with low-resolution partners of the same name.
_base_ = './sr_x4.py'

train_pipeline = [
    dict(step, scale=2) if 'scale' in step else step
    for step in _base_.train_pipeline
]
train_dataloader = dict(
    dataset=dict(
        data_prefix=dict(img='patches_LR_X2'),
        scale=2,
        pipeline=train_pipeline,
    )
)
val_dataloader = test_dataloader = dict(
    dataset=dict(data_prefix=dict(img='patches_LR_X2'), scale=2)
)

val_evaluator = test_evaluator = dict(
    metrics=[
        dict(metric, crop_border=2) if 'crop_border' in metric else metric
        for metric in _base_.val_evaluator.metrics
    ]
)
