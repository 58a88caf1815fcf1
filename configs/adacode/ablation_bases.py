# How many codebooks does it take? Stage II with any of them, in any order:
#
#   tools/train.py configs/adacode/ablation_bases.py \
#       --cfg-options bases=arch,nature
#
# `tools/train.py` and `tools/test.py` derive the quantizers, the stage-I
# checkpoints and whether there is a weight map (not for one codebook) from
# this list; the work directory is work_dirs/ablation_bases_arch_nature.
_base_ = './stage2.py'

bases = ['arch', 'indoor', 'nature', 'street', 'portrait']
