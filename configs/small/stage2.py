# Stage II: all patches, the five codebooks of stage I. With fewer of them:
# --cfg-options bases=group0,group1
_base_ = [
    '../_base_/small_runtime.py',
    '../_base_/models/small_stage2.py',
    '../_base_/datasets/small_reconstruction.py',
]

work_dir = 'work_dirs/small/stage2'

# The features stay where the codes are: an encoder that moves away from them
# leaves half of the codes behind.
model = dict(
    frozen=[
        'generator.quantizers',
        'generator.encoder',
        'generator.pre_quants',
    ]
)
