"""Processes that need not import everything anew.

Importing MMagic takes ten seconds, and many tests look at what a command does
in a process of its own. `WarmPython` imports once, in a process that does
nothing else and has no threads of Python; its `executable` is used like
`sys.executable`: it has that process make a fork, which runs the script,
module or code of the command line with the arguments, environment, folder and
open files of the caller, ends as a new process would, and passes its status
on. A signal to one reaches the other.
"""

from .warm_python import WarmPython

__all__ = ['WarmPython']
