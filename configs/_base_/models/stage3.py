# Stage III: a new encoder finds the codes of degraded images; codebooks and
# decoder stay as stage II left them. AdaCode, section 3.3, eq. (8).
_base_ = './stage2.py'

model = dict(
    generator=dict(
        encoder=dict(
            channels=(256, 256),
            swin=dict(),
            up_channels=(256, 128),
        ),
    ),
    # Stage II as it was, on the ground truth; frozen, stopped before its
    # decoder.
    hq_prior=_base_.model.generator,
    # The release loads whatever matches by name and shape, which fills some
    # unrelated encoder tensors by accident (../../adacode/released). Here is
    # what is meant.
    init_cfg=dict(
        type='adacode_mm.PretrainedParts',
        sources=[
            dict(
                checkpoint='work_dirs/stage2',
                parts={
                    'generator.quantizers': 'generator.quantizers',
                    'generator.pre_quants': 'generator.pre_quants',
                    'generator.post_quants': 'generator.post_quants',
                    'generator.weight_predictor': 'generator.weight_predictor',
                    'generator.decoder': 'generator.decoder',
                    'discriminator': 'discriminator',
                    'hq_prior': 'generator',
                },
            )
        ],
    ),
    # The paper names codebooks and decoder; released with `post_quants`.
    frozen=[
        'generator.quantizers',
        'generator.post_quants',
        'generator.decoder',
    ],
    code_losses=dict(
        vq=None,
        # The paper compares what the decoders receive ('mixed'); the release
        # each codebook's features, too. Its term on 'feat' has weight 0.
        match_codes=dict(type='adacode_mm.PriorMatchLoss', tap='codes'),
        match_mixed=dict(type='adacode_mm.PriorMatchLoss', tap='mixed'),
        # On 'feat', per device, as released; the paper takes 'mixed'.
        nce=dict(type='adacode_mm.InfoNCELoss', temperature=0.5),
    ),
)
