_base_ = './stage1_group0.py'

work_dir = 'work_dirs/small/stage1_group1'

model = dict(
    generator=dict(
        quantizers=[
            dict(
                type='adacode_mm.VectorQuantizer',
                num_embeddings=128,
                embedding_dim=32,
            )
        ]
    )
)
train_dataloader = dict(dataset=dict(ann_file='annotations/group1_train.txt'))
val_dataloader = dict(dataset=dict(ann_file='annotations/group1_valid.txt'))
test_dataloader = val_dataloader
