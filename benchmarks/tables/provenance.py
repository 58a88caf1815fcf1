"""Where a number comes from, as a line for people."""


def provenance(record: dict) -> str:
    """Machine, commit, version and day of a record.

    Args:
        record: As `benchmarking.records.run_record` makes it.
    """
    place = record.get('machine') or 'an unknown machine'
    if record.get('device', 'cpu') == 'cpu':
        for key, what in (('cpu_count', 'core'), ('threads', 'thread')):
            if record.get(key):
                count = record[key]
                place += f', {count} {what}{"s" if count > 1 else ""}'
    return (
        f'{place}; commit {record.get("commit") or "unknown"}; '
        f'PyTorch {record.get("torch", "unknown")}; '
        f'{str(record.get("time", "unknown"))[:10]}.'
    )


def provenances(records: list[dict]) -> list[str]:
    """One line for each different provenance and command of some records."""
    lines = []
    for record in records:
        line = f'- {provenance(record)}'
        if record.get('command'):
            line += f' `{record["command"]}`'
        lines.append(line)
    return list(dict.fromkeys(lines))
