"""The write protocols as generators: they ask for calls and decide; `apply` carries the calls out.

Each module may be imported from outside.
"""
