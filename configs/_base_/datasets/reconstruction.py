# Stages I and II: reconstruct 256 px crops of 512 px patches. The release
# degrades every sample besides and throws the result away.
_base_ = './loaders.py'

metainfo = dict(dataset_type='adacode', task_name='reconstruction')

# The image goes in as it should come out.
input_is_gt = dict(
    type='CopyValues',
    src_keys=['gt', 'gt_channel_order', 'gt_color_type', 'ori_gt_shape'],
    dst_keys=['img', 'img_channel_order', 'img_color_type', 'ori_img_shape'],
)
train_pipeline = [
    dict(type='adacode_mm.LoadImageFile', key='gt', channel_order='rgb'),
    dict(
        type='adacode_mm.PairedRandomResizedCrop',
        gt_patch_size=256,
        lq_key=None,
    ),
    dict(type='Flip', keys=['gt'], flip_ratio=0.5, direction='horizontal'),
    dict(type='Flip', keys=['gt'], flip_ratio=0.5, direction='vertical'),
    dict(type='RandomTransposeHW', keys=['gt'], transpose_ratio=0.5),
    input_is_gt,
    dict(type='PackInputs'),
]
val_pipeline = [
    dict(type='adacode_mm.LoadImageFile', key='gt', channel_order='rgb'),
    input_is_gt,
    dict(type='PackInputs'),
]

train_dataloader = dict(
    dataset=dict(metainfo=metainfo, pipeline=train_pipeline)
)
val_dataloader = test_dataloader = dict(
    dataset=dict(metainfo=metainfo, pipeline=val_pipeline)
)
