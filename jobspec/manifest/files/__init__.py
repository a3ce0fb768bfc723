"""Which files of a checkout are read, within a budget and through no link that leaves it; this touches the disk.

All of it may be imported from outside.
"""
