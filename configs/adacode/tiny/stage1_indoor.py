# Stage I: the codebook of the super-class "indoor".
_base_ = [
    '../../_base_/tiny_runtime.py',
    '../../_base_/models/tiny_stage1.py',
    '../../_base_/datasets/tiny_reconstruction.py',
]

work_dir = 'work_dirs/tiny/stage1_indoor'

model = dict(
    generator=dict(
        quantizers=[
            dict(
                type='adacode_mm.VectorQuantizer',
                num_embeddings=32,
                embedding_dim=32,
            )
        ]
    )
)
train_dataloader = dict(dataset=dict(ann_file='annotations/indoor_train.txt'))
val_dataloader = dict(dataset=dict(ann_file='annotations/indoor_valid.txt'))
test_dataloader = val_dataloader
