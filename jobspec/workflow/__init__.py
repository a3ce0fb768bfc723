"""The use cases: what the library offers and the command line calls. No formatting, no exit codes.

Other packages may import `surroundings` and the packages below.
"""
