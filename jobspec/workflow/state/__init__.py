"""Manages the folders of the local platform outside the checkout, and old ones inside.

Other packages may import `folders`, `moving` and `old_folder`.
"""
