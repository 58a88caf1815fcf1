_base_ = './stage1_group0.py'

work_dir = 'work_dirs/small/stage1_group2'

train_dataloader = dict(dataset=dict(ann_file='annotations/group2_train.txt'))
val_dataloader = dict(dataset=dict(ann_file='annotations/group2_valid.txt'))
test_dataloader = val_dataloader
