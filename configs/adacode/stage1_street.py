# Stage I: the codebook of the super-class "street".
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
                num_embeddings=256,
                embedding_dim=256,
            )
        ]
    )
)
train_dataloader = dict(dataset=dict(ann_file='annotations/street_train.txt'))
val_dataloader = dict(dataset=dict(ann_file='annotations/street_valid.txt'))
test_dataloader = val_dataloader
