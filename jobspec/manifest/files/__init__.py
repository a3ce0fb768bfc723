"""Select and read the files of a checkout: within a budget, and never through a link that leaves it.

The package reads the disk. Code outside the package may import each module.
"""
