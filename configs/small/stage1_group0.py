# Stage I: the codebook of one group of patches. The others are like this one.
_base_ = [
    '../_base_/small_runtime.py',
    '../_base_/models/small_stage1.py',
    '../_base_/datasets/small_reconstruction.py',
    '../_base_/schedules/small_cosine.py',
]

work_dir = 'work_dirs/small/stage1_group0'

model = dict(
    generator=dict(
        quantizers=[
            dict(
                type='adacode_mm.VectorQuantizer',
                num_embeddings=256,
                embedding_dim=64,
            )
        ]
    )
)
train_dataloader = dict(dataset=dict(ann_file='annotations/group0_train.txt'))
val_dataloader = dict(dataset=dict(ann_file='annotations/group0_valid.txt'))
test_dataloader = val_dataloader

# Only the codes are handed over.
train_cfg = dict(max_iters=600, val_interval=300)
param_scheduler = [
    _base_.param_scheduler[0],
    dict(_base_.param_scheduler[1], T_max=550),
]
