"""What a user may choose about labelling."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from adacode_mm.core.exceptions import ConfigError

from .segmenter_weights import DEFAULT_CONFIG
from .super_class_rules import RULES
from .super_class_table import DEFAULT_TABLE


@dataclass(frozen=True)
class NetworkOptions:
    """How patches are segmented.

    Args:
        config: Of mmsegmentation; 'mmseg::...' for one installed with it.
        checkpoint: File or URL of its weights; None for the published ones
            of the default config, which are fetched once.
        device: 'cpu', 'cuda', 'cuda:1', or None for a GPU if there is one.
        batch_size: Patches at a time in each process.
        workers: Processes that read patches, for each that segments; 0 reads
            them in the same process.

    Raises:
        ConfigError: If a number is out of range.
    """

    config: str = DEFAULT_CONFIG
    checkpoint: str | None = None
    device: str | None = None
    batch_size: int = 8
    workers: int = 2

    def __post_init__(self):
        if self.batch_size < 1 or self.workers < 0:
            raise ConfigError(
                f'Expected a batch of at least 1 patch and no negative number '
                f'of workers, got {self.batch_size} and {self.workers}.'
            )


@dataclass(frozen=True)
class DivisionOptions:
    """How segmented patches are divided.

    Args:
        rule: 'group_first' or 'class_first'.
        table: CSV file with the super-class of every class.
        forced: Super-class -> patterns of patches that belong to it and are
            not segmented.
        valid_fraction: Share of the photographs that is for validation.
        seed: Of the split and of the samples on the contact sheets.
        sheet_patches: Patches on a contact sheet.

    Raises:
        ConfigError: If the rule is unknown or a number is out of range.
    """

    rule: str = 'group_first'
    table: str | Path = DEFAULT_TABLE
    forced: Mapping[str, list[str]] = field(default_factory=dict)
    valid_fraction: float = 0.01
    seed: int = 0
    sheet_patches: int = 48

    def __post_init__(self):
        if self.rule not in RULES:
            raise ConfigError(
                f'The rule must be one of {list(RULES)}, got {self.rule!r}.'
            )
        if not 0 <= self.valid_fraction < 1:
            raise ConfigError(
                f'The share for validation must lie in [0, 1), got '
                f'{self.valid_fraction}: 0 takes none, 0.01 one photograph '
                f'in a hundred.'
            )
        if self.sheet_patches < 1:
            raise ConfigError(
                f'A contact sheet must have at least 1 patch, got '
                f'{self.sheet_patches}.'
            )
