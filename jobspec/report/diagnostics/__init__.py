"""Diagnostics as text, one file per format.

Other packages may import `formats` and `json_document`.
"""
