# Stage III: inpainting of what a person has painted. For tools/test.py only:
# `data_root`/images and `data_root`/masks hold files of the same names; white
# in a mask is a hole. The results go to vis_data/ in the work directory.
_base_ = './stage3_inpaint.py'

test_pipeline = [
    dict(type='adacode_mm.LoadMaskFile')
    if 'BrushStrokeMask' in step['type']
    else step
    for step in _base_.val_pipeline
]
test_dataloader = dict(
    dataset=dict(
        ann_file='',
        data_prefix=dict(_delete_=True, gt='images', mask='masks'),
        pipeline=test_pipeline,
    )
)
# MMagic's hook asks for the iteration, for which MMEngine builds this as well.
train_dataloader = dict(
    dataset=dict(
        ann_file='', data_prefix=dict(_delete_=True, gt='images'), min_size=0
    )
)
custom_hooks = [
    *_base_.custom_hooks,
    dict(
        type='BasicVisualizationHook',
        interval=1,
        on_train=False,
        on_val=False,
        on_test=True,
    ),
]
