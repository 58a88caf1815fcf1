# What the networks of tiny_tasks.py learn from clean images: the image goes in
# as it should come out.
_base_ = './tiny_tasks.py'

input_is_gt = dict(
    type='CopyValues',
    src_keys=['gt', 'gt_channel_order', 'gt_color_type', 'ori_gt_shape'],
    dst_keys=['img', 'img_channel_order', 'img_color_type', 'ori_img_shape'],
)
train_pipeline = [*_base_.train_pipeline[:-2], input_is_gt, _base_.pack]
val_pipeline = [*_base_.val_pipeline[:-2], input_is_gt, _base_.pack]

train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = test_dataloader = dict(dataset=dict(pipeline=val_pipeline))
