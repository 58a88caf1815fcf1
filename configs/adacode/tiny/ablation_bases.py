# Stage II with any of the codebooks: `--cfg-options bases=arch,nature`.
_base_ = './stage2.py'

work_dir = 'work_dirs/tiny/ablation_bases'

bases = ['arch', 'indoor', 'nature', 'street', 'portrait']
