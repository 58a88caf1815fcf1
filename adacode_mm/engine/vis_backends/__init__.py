from .tensorboard_backend import TensorBoardBackend

__all__ = ['TensorBoardBackend']
