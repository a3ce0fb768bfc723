"""One view of each result, and the texts rendered from it: one folder per result, one file per format.

No I/O.

Each module may be imported from outside.
"""
