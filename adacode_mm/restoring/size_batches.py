"""Images of equal size find together."""

from collections.abc import Iterable, Iterator

from .request import Request


def batches(
    requests: Iterable[Request], size: int, in_order: bool
) -> Iterator[list[tuple[int, Request]]]:
    """Groups of at most `size` images of equal height and width.

    Args:
        requests: The images.
        size: Of a full group.
        in_order: Only neighbours form a group; otherwise an image waits for
            later ones of its size.

    Yields:
        Requests with their numbers, which count from 0.
    """
    waiting: dict[tuple, list] = {}
    for number, request in enumerate(requests):
        key = tuple(request.item.rgb.shape)
        if in_order and waiting and key not in waiting:
            yield waiting.popitem()[1]
        group = waiting.setdefault(key, [])
        group.append((number, request))
        if len(group) == size:
            yield waiting.pop(key)
    yield from waiting.values()
