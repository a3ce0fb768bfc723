"""One view of each thing, and the texts that are rendered from it: a folder a thing, a file a format. No I/O.

`text`, `table`, `lines`, `tail_text`, `progress_text`, `import_text`, `output_schemas` and the folders may be
imported from outside.
"""
