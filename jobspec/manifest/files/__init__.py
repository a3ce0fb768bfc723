"""Which files of a checkout are read: within a budget, and through no link that leaves it. It reads the disk.

Each module may be imported from outside.
"""
