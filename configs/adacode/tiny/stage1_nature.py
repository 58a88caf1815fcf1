# Stage I: the codebook of the super-class "nature".
_base_ = [
    '../../_base_/tiny_runtime.py',
    '../../_base_/models/tiny_stage1.py',
    '../../_base_/datasets/tiny_reconstruction.py',
]

work_dir = 'work_dirs/tiny/stage1_nature'

model = dict(
    generator=dict(
        quantizers=[
            dict(
                type='adacode_mm.VectorQuantizer',
                num_embeddings=64,
                embedding_dim=32,
            )
        ]
    )
)
train_dataloader = dict(dataset=dict(ann_file='annotations/nature_train.txt'))
val_dataloader = dict(dataset=dict(ann_file='annotations/nature_valid.txt'))
test_dataloader = val_dataloader
