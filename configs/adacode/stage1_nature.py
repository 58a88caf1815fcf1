# Stage I: the codebook of the super-class "nature".
_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/models/stage1.py',
    '../_base_/datasets/reconstruction.py',
]

model = dict(
    generator=dict(
        quantizers=[
            dict(
                type='adacode_mm.VectorQuantizer',
                num_embeddings=512,
                embedding_dim=256,
            )
        ]
    )
)
train_dataloader = dict(dataset=dict(ann_file='annotations/nature_train.txt'))
val_dataloader = dict(dataset=dict(ann_file='annotations/nature_valid.txt'))
test_dataloader = val_dataloader
