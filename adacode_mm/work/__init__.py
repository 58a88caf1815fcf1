"""Many items, one function: planned, done by an engine, kept in a journal.

- `plan`: which files are meant, and where the result of each goes.
- `places`: files on a disk or, by fsspec, in an object store.
- `journal`: what is finished, in one append-only file a folder.
- `report`: progress, failures, summary, exit code.
- `engines`: who does the work: this process, several of this machine, those
  of torchrun, or a Ray cluster.

Nothing here knows what is computed.
"""
