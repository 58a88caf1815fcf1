"""Training and validation patches that share no photograph."""

import hashlib
import re
from collections import Counter, defaultdict

PATCH_NUMBER = re.compile(r'_s\d+$')


def source_of(name: str) -> str:
    """Photograph that a patch is from, as its name tells.

    Args:
        name: Such as 'set/0801_s012.png', which is from 'set/0801'.
    """
    stem, dot, extension = name.rpartition('.')
    return PATCH_NUMBER.sub('', stem if dot else extension)


def validation_sources(
    super_classes: dict[str, str],
    sources: dict[str, str],
    fraction: float,
    seed: int = 0,
) -> set[str]:
    """Choose the photographs whose patches are for validation.

    They are chosen by a hash of their name and of the seed, so that the
    choice depends neither on their order nor on the machine, and changes
    little when photographs are added. Two corrections follow for small sets:
    a super-class keeps a photograph for training, and one with two or more
    photographs gets one for validation, too.

    Args:
        super_classes: Super-class of each patch.
        sources: Photograph of each patch.
        fraction: Share of the photographs, in [0, 1).
        seed: Of the choice.

    Returns:
        Names of photographs; none if the fraction is 0.
    """
    if fraction == 0:
        return set()
    classes = defaultdict(set)
    for patch, super_class in super_classes.items():
        classes[sources[patch]].add(super_class)
    for_training = Counter(c for each in classes.values() for c in each)
    wanted = max(1, round(fraction * len(classes)))
    chosen, covered = set(), set()

    def choose(source):
        if all(for_training[each] > 1 for each in classes[source]):
            chosen.add(source)
            covered.update(classes[source])
            for_training.subtract(classes[source])

    order = sorted(classes, key=lambda source: _hash(source, seed))
    for source in order:
        if len(chosen) < wanted:
            choose(source)
    for super_class in sorted(for_training):
        for source in order:
            if super_class in covered:
                break
            if super_class in classes[source]:
                choose(source)
    return chosen


def _hash(source, seed):
    return hashlib.sha256(f'{seed}:{source}'.encode()).hexdigest()
