_base_ = './stage1_group1.py'

work_dir = 'work_dirs/small/stage1_group4'

train_dataloader = dict(dataset=dict(ann_file='annotations/group4_train.txt'))
val_dataloader = dict(dataset=dict(ann_file='annotations/group4_valid.txt'))
test_dataloader = val_dataloader
