# Restoration of several kinds of damage, on a handful of photographs that
# come with the repository. The damage is made on the way.
_base_ = './tiny_loaders.py'

metainfo = dict(dataset_type='adacode', task_name='restoration')

pack = dict(type='PackInputs')
train_pipeline = [
    dict(type='LoadImageFromFile', key='gt', channel_order='rgb'),
    dict(type='Crop', keys=['gt'], crop_size=(64, 64)),
    dict(type='Flip', keys=['gt'], flip_ratio=0.5, direction='horizontal'),
    dict(type='adacode_mm.TaskDegradation'),
    pack,
]
# The network takes nothing but squares of this size.
val_pipeline = [
    dict(type='LoadImageFromFile', key='gt', channel_order='rgb'),
    dict(type='Crop', keys=['gt'], crop_size=(64, 64), random_crop=False),
    dict(type='adacode_mm.TaskDegradation', seed=123),
    pack,
]

train_dataloader = dict(
    dataset=dict(metainfo=metainfo, pipeline=train_pipeline)
)
val_dataloader = test_dataloader = dict(
    dataset=dict(metainfo=metainfo, pipeline=val_pipeline)
)
