"""The report of `jobspec drift`: its view, one file for each format, and the digest for a chat.

Code outside the package may import `build`, `chat`, `formats` and `view`.
"""
