"""One view of each thing, and the texts that are rendered from it: a folder a thing, a file a format. No I/O.

Each module may be imported from outside.
"""
