"""The records of the speed benchmarks as tables."""

from .markdown_lines import markdown_rows
from .provenance import provenances

TOOLS = 'tools/analysis_tools'


def inference(records: list[dict]) -> str:
    """Seconds of a network, as it was released and as it is run here."""
    rows = []
    for record in records:
        height, width = record['size']
        first = next(iter(record['ways'].values()))['wall_seconds']
        for name, way in record['ways'].items():
            psnr = way['psnr']
            rows.append(
                [
                    f'{_name(record)}, {width}x{height}, {name}',
                    f'{way["wall_seconds"]:.2f}',
                    f'{first / way["wall_seconds"]:.2f}',
                    f'{way["peak_mib"]["all"]:.0f}',
                    'equal' if psnr is None else f'{psnr:.1f} dB',
                ]
            )
    heads = [
        'network, input, way',
        'seconds',
        'times as fast as the first way',
        'peak MiB',
        'PSNR to it',
    ]
    return _section(markdown_rows(heads, rows), records)


def training_step(records: list[dict]) -> str:
    """Seconds of a training step beside the release's; last of each."""
    latest = {
        (each['config'], each['batch_size'], each['device']): each
        for each in records
    }
    rows = []
    for record in latest.values():
        for name, side in record['sides'].items():
            rows.append(
                [
                    f'{_name(record)}, batch {record["batch_size"]}, {name}',
                    f'{side["wall_seconds"]:.2f}',
                    f'{side["cpu_seconds"]:.2f}',
                    f'{side["peak_memory_mib"]:.0f}',
                ]
            )
    heads = ['config, side', 'seconds a step', 'CPU seconds', 'peak MiB']
    shown = [_commanded(each, _step_command(each)) for each in latest.values()]
    return _section(markdown_rows(heads, rows), shown)


def degradation(records: list[dict]) -> str:
    """Milliseconds of a degraded image, and images of a data loader."""
    chains = [each for each in records if 'chain' in each]
    rows = []
    for record in chains:
        released = record.get('reference') or {}
        factor = record.get('factor')
        rows.append(
            [
                f'{record["chain"]} x{record["scale"]}, {record["size"]} px',
                f'{record["this"]["mean_ms"]:.2f}',
                f'{released["mean_ms"]:.2f}' if released else '-',
                f'{factor:.1f}' if factor else '-',
            ]
        )
    heads = ['chain', 'ms an image', "ms, the release's way", 'times as fast']
    lines = markdown_rows(heads, rows) if rows else []
    loaders = [each for each in records if 'samples_per_s' in each]
    if loaders:
        rows = [
            [
                f'{_name(each)}, {each["workers"]} workers',
                f'{each["samples_per_s"]:.0f}',
                f'{each["cpu_ms_per_sample"]:.2f}',
            ]
            for each in loaders
        ]
        heads = ['data loader of', 'samples a second', 'CPU ms a sample']
        lines += ['', *markdown_rows(heads, rows)]
    shown = [
        _commanded(
            each,
            f'{TOOLS}/benchmark_degradation.py --scale {each["scale"]} '
            f'--size {each["size"]} --samples {each["samples"]}'
            + (' --against reference' if each.get('reference') else '')
            if 'chain' in each
            else f'{TOOLS}/benchmark_degradation.py --loader '
            f'{each["config"]} --workers {each["workers"]}',
        )
        for each in records
    ]
    return _section(lines, shown)


def memory(records: list[dict]) -> str:
    """Memory of a large image in strips."""
    rows = [
        [
            f'{_name(each)}, {each["output"]}, tile {each["tile"]}',
            f'{each["peak_gib"]:.2f}',
            f'{each["before_gib"]:.2f}',
            f'{each["whole_estimate_gib"]:.2f}',
            f'{each["cpu_seconds"]:.0f}',
        ]
        for each in records
    ]
    heads = [
        'network, output',
        'peak GiB of the process',
        'before the image',
        'estimate for one pass',
        'CPU seconds',
    ]
    return _section(markdown_rows(heads, rows), records)


# Name of the file -> heading and what to make of it.
SECTIONS = {
    'infer': ('Speed of inference', inference),
    'train_step': ('Speed of a training step', training_step),
    'degradation': ('Speed of the degradation', degradation),
    'memory': ('Memory of inference', memory),
}


def _section(lines, records):
    return '\n'.join([*lines, '', *provenances(records), ''])


def _name(record):
    config = record['config'].removeprefix('configs/').removesuffix('.py')
    return f'`{config}`'


def _step_command(record):
    parts = [f'{TOOLS}/benchmark_train.py', record['config']]
    if 'released' in record['sides']:
        parts.append('--against released')
    parts.append(f'--batch-size {record["batch_size"]}')
    if record.get('data') == 'synthetic':
        parts.append('--synthetic')
    if record.get('backbones') == 'random':
        parts.append('--random-backbones')
    return ' '.join(parts)


def _commanded(record, command):
    """Early records hold the options, but not the command line."""
    return {**record, 'command': record.get('command') or command}
