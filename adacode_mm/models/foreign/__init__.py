"""Networks of other packages, as plain image-to-image networks."""

from .codeless_net import CodelessNet

__all__ = ['CodelessNet']
