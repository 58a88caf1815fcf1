# Stage III, super-resolution: the low-resolution partner of each crop is made
# on the way and differs every time, so that no folder of them is needed. The
# release trains on partners that were made once, as `sr_x2.py` does; there,
# the random resizing also shrinks the noise and the JPEG blocks.
_base_ = './sr_x2.py'

train_pipeline = [
    dict(type='adacode_mm.LoadImageFile', key='gt', channel_order='rgb'),
    dict(
        type='adacode_mm.PairedRandomResizedCrop',
        gt_patch_size=256,
        lq_key=None,
    ),
    dict(type='adacode_mm.BSRGANDegradation', scale=2),
    dict(
        type='Flip', keys=['img', 'gt'], flip_ratio=0.5, direction='horizontal'
    ),
    dict(
        type='Flip', keys=['img', 'gt'], flip_ratio=0.5, direction='vertical'
    ),
    dict(type='RandomTransposeHW', keys=['img', 'gt'], transpose_ratio=0.5),
    dict(type='PackInputs'),
]
val_pipeline = [
    dict(type='adacode_mm.LoadImageFile', key='gt', channel_order='rgb'),
    # The same degradation of an image every time.
    dict(type='adacode_mm.BSRGANDegradation', scale=2, seed=123),
    dict(type='PackInputs'),
]

train_dataloader = dict(
    dataset=dict(
        data_prefix=dict(_delete_=True, gt='patches'),
        pipeline=train_pipeline,
    )
)
val_dataloader = test_dataloader = dict(
    dataset=dict(
        data_prefix=dict(_delete_=True, gt='patches'),
        pipeline=val_pipeline,
    )
)
