"""Losses of codebook networks, one mechanism per file.

Code-level losses are called with a `CodebookOutput` and what their `target`
names: 'prior' is the output of the frozen HQ network (None when `needs_prior`
is False and there is none), 'gt' the ground truth in [0, 1]. `LPIPSLoss`,
`STLPIPSLoss` and `VGGLoss` are called with two images.
"""
