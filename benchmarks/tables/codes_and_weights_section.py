"""What an image loses without its codes, or its weights, as a table."""

from .markdown_lines import markdown_rows
from .provenance import provenances

KEPT = {
    'both': 'codes and weights',
    'weights': 'weights; each code is the mean over the image',
    'codes': 'codes; each weight is the mean over the image',
}


def codes_and_weights(record: dict) -> str:
    """Reconstruction with parts of what the decoder gets.

    Args:
        record: Of `python -m benchmarks.small_scale.codes_and_weights`.
    """
    scores = record['psnr_bt601']
    rows = [[KEPT[kept], f'{psnr:.2f}'] for kept, psnr in scores.items()]
    return '\n'.join(
        [
            f'Reconstruction of {record["set"]} ({record["images"]} images) '
            f'by stage II of the small-scale experiment.',
            '',
            *markdown_rows(['kept', 'PSNR (bt601), dB'], rows),
            '',
            *provenances([record]),
            '',
        ]
    )
