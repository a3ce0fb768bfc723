"""Checks whether jobspec can work here, and what to fix; changes nothing.

Other packages may import `doctor`.
"""
