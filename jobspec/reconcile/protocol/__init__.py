"""The write protocols as generators: they yield calls and make decisions; `apply` performs the calls.

Each module may be imported from outside.
"""
