# As inpainting.py, with crops of 192 px of 256 px patches.
_base_ = './inpainting.py'

train_pipeline = [
    dict(step, gt_patch_size=192) if 'gt_patch_size' in step else step
    for step in _base_.train_pipeline
]

train_dataloader = dict(
    batch_size=4,
    num_workers=1,
    dataset=dict(pipeline=train_pipeline, min_size=192),
)
val_dataloader = test_dataloader = dict(num_workers=1)
