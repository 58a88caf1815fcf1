# As sr_x2_online.py, with crops of 96 px, half of which are merely made
# smaller: good photographs shall not be smoothed.
_base_ = './sr_x2_online.py'

train_pipeline = [
    dict(step, gt_patch_size=96)
    if 'gt_patch_size' in step
    else dict(
        type='RandomChoice',
        transforms=[
            [step, dict(type='SetValues', dictionary=dict(clean=False))],
            [
                dict(type='adacode_mm.BicubicDownsample', scale=step.scale),
                dict(type='SetValues', dictionary=dict(clean=True)),
            ],
        ],
        prob=[0.5, 0.5],
    )
    if step.type == 'adacode_mm.BSRGANDegradation'
    # The faithful end of the network learns from clean images.
    else dict(step, meta_keys=['clean'])
    if step.type == 'PackInputs'
    else step
    for step in _base_.train_pipeline
]

train_dataloader = dict(
    batch_size=4,
    num_workers=1,
    dataset=dict(pipeline=train_pipeline, min_size=96),
)
val_dataloader = test_dataloader = dict(num_workers=1)
