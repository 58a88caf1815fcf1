"""MMEngine's TensorBoard backend, with the cause when it cannot start."""

from mmengine.visualization import TensorboardVisBackend

from adacode_mm.core.exceptions import ConfigError
from adacode_mm.registry import VISBACKENDS


@VISBACKENDS.register_module()
class TensorBoardBackend(TensorboardVisBackend):
    """Scalars, pictures and the config as TensorBoard event files.

    MMEngine answers every failed import with "pip install tensorboard", even
    where TensorBoard is there and a protobuf of the wrong version is not.

    Args:
        save_dir: Folder of the event files.

    Raises:
        ConfigError: Before training, if TensorBoard cannot be imported.
    """

    def _init_env(self):
        try:
            import torch.utils.tensorboard  # noqa: F401
        # Protobuf refuses code of another version with a TypeError.
        except (ImportError, TypeError) as error:
            reason = str(error).strip().split('\n')[0].rstrip('.')
            raise ConfigError(
                f'visualizer.vis_backends names TensorBoard, which cannot be '
                f'imported ({reason}): run "pip install tensorboard", or '
                f'take it out of the config.'
            ) from error
        super()._init_env()
