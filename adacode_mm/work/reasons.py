"""Why something failed, as a sentence."""

from adacode_mm.core.exceptions import InputError

NO_MEMORY = (
    'It needs more memory than there is: choose --tile exact, a smaller '
    '--batch-size or another --device.'
)


def reason_of(error: Exception) -> str:
    """What a report says about an error."""
    if is_out_of_memory(error):
        return NO_MEMORY
    if isinstance(error, InputError):
        return str(error)
    if isinstance(error, OSError):
        return f'The system says "{error.strerror or error}".'
    # A defect of this program; the batch goes on all the same.
    return f'Unexpected {type(error).__name__}: {error}'


def is_out_of_memory(error: Exception) -> bool:
    """Whether memory ran out, of the machine or of a GPU."""
    # PyTorch raises a RuntimeError of its own, by name for a GPU only.
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError)
        and (
            type(error).__name__ == 'OutOfMemoryError'
            or "can't allocate memory" in str(error)
            or 'not enough memory' in str(error)
        )
    )
