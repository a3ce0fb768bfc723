"""The use cases: what the library offers and the command line calls. No formatting, no exit codes.

The packages below may be imported from outside.
"""
