from .resumable_sampler import PositionedIndex, ResumableSampler

__all__ = ['PositionedIndex', 'ResumableSampler']
