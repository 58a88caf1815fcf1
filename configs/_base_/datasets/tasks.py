# Restoration of several kinds of damage, made on the way on 256 px crops of
# any photographs. The released networks learned from a paired set for each.
_base_ = './loaders.py'

metainfo = dict(dataset_type='adacode', task_name='restoration')

pack = dict(type='PackInputs')
train_pipeline = [
    dict(type='LoadImageFromFile', key='gt', channel_order='rgb'),
    dict(type='Crop', keys=['gt'], crop_size=(256, 256)),
    dict(type='adacode_mm.TaskDegradation'),
    pack,
]
# The network takes nothing but squares of this size.
val_pipeline = [
    dict(type='LoadImageFromFile', key='gt', channel_order='rgb'),
    dict(type='Crop', keys=['gt'], crop_size=(256, 256), random_crop=False),
    dict(type='adacode_mm.TaskDegradation', seed=123),
    pack,
]

train_dataloader = dict(
    batch_size=4,
    dataset=dict(metainfo=metainfo, pipeline=train_pipeline),
)
val_dataloader = test_dataloader = dict(
    dataset=dict(metainfo=metainfo, pipeline=val_pipeline, min_size=256)
)
