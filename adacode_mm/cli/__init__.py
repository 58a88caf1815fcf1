"""The program `adacode`: one file for each of its commands.

A command is a module with `SUMMARY`, one line for the list of commands,
`add_arguments(parser)` and `run(args)`, which returns the exit code; examples
for its help, as `EXAMPLES`, are welcome. What takes long to import (PyTorch,
MMagic, the networks) is imported in `run`.
"""
