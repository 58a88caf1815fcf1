# As inpainting.py, with crops of 128 px of 256 px patches, and strokes
# of half the width.
_base_ = './inpainting.py'

small = {
    'adacode_mm.BrushStrokeMask': dict(brush_width=(6, 40)),
    'adacode_mm.PairedRandomResizedCrop': dict(gt_patch_size=128),
}
train_pipeline = [
    dict(step, **small.get(step['type'], {})) for step in _base_.train_pipeline
]
val_pipeline = [
    dict(step, **small.get(step['type'], {})) for step in _base_.val_pipeline
]

train_dataloader = dict(
    num_workers=1, dataset=dict(pipeline=train_pipeline, min_size=128)
)
val_dataloader = test_dataloader = dict(
    num_workers=1, dataset=dict(pipeline=val_pipeline)
)
