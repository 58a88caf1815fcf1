_base_ = './stage1_group0.py'

work_dir = 'work_dirs/small/stage1_group4'

model = dict(
    generator=dict(
        quantizers=[
            dict(
                type='adacode_mm.VectorQuantizer',
                num_embeddings=128,
                embedding_dim=64,
            )
        ]
    )
)
train_dataloader = dict(dataset=dict(ann_file='annotations/group4_train.txt'))
val_dataloader = dict(dataset=dict(ann_file='annotations/group4_valid.txt'))
test_dataloader = val_dataloader
