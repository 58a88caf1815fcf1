# Stage III, inpainting, on a handful of photographs that come with the
# repository.
_base_ = './tiny_loaders.py'

metainfo = dict(dataset_type='adacode', task_name='inpainting')

paint_white = dict(
    type='GetMaskedImage',
    img_key='gt',
    mask_key='mask',
    out_key='img',
    zero_value=255.0,
)
train_pipeline = [
    # The painted image is float, so the cubic resize must not round one of
    # the two.
    dict(
        type='adacode_mm.LoadImageFile',
        key='gt',
        channel_order='rgb',
        to_float32=True,
    ),
    dict(type='adacode_mm.BrushStrokeMask', brush_width=(4, 20)),
    paint_white,
    dict(
        type='adacode_mm.PairedRandomResizedCrop',
        gt_patch_size=64,
        mask_key='mask',
    ),
    dict(
        type='Flip',
        keys=['img', 'gt', 'mask'],
        flip_ratio=0.5,
        direction='horizontal',
    ),
    dict(
        type='Flip',
        keys=['img', 'gt', 'mask'],
        flip_ratio=0.5,
        direction='vertical',
    ),
    dict(
        type='RandomTransposeHW',
        keys=['img', 'gt', 'mask'],
        transpose_ratio=0.5,
    ),
    dict(type='PackInputs'),
]
val_pipeline = [
    dict(type='adacode_mm.LoadImageFile', key='gt', channel_order='rgb'),
    dict(type='adacode_mm.BrushStrokeMask', brush_width=(4, 20), seed=123),
    paint_white,
    dict(type='PackInputs'),
]

train_dataloader = dict(
    dataset=dict(metainfo=metainfo, pipeline=train_pipeline)
)
val_dataloader = test_dataloader = dict(
    dataset=dict(metainfo=metainfo, pipeline=val_pipeline)
)
