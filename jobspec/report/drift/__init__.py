"""The report of `jobspec drift`: its view, one file for each format, and the digest for a chat."""
