"""Diagnostics as text, one file per format.

Other packages may import `formats`, `json_document` and `summary`.
"""
