# As reconstruction.py, with crops of 128 px.
_base_ = './reconstruction.py'

train_pipeline = [
    dict(step, gt_patch_size=128) if 'gt_patch_size' in step else step
    for step in _base_.train_pipeline
]

train_dataloader = dict(
    num_workers=1, dataset=dict(pipeline=train_pipeline, min_size=128)
)
val_dataloader = test_dataloader = dict(num_workers=1)
