"""The write protocols as generators: they ask for calls and decide; `apply` carries the calls out.

All of it may be imported from outside.
"""
