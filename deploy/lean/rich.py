"""Stands before the terminal library of this name in server processes.

Two libraries load it wherever they find it: 4 MB in each process, for nothing.
"""

raise ImportError("no terminal here")
