_base_ = './stage1_group1.py'

work_dir = 'work_dirs/small/stage1_group3'

train_dataloader = dict(dataset=dict(ann_file='annotations/group3_train.txt'))
val_dataloader = dict(dataset=dict(ann_file='annotations/group3_valid.txt'))
test_dataloader = val_dataloader
