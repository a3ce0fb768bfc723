"""Looking after the folders of the local platform outside the checkout, and old ones inside.

From outside, import `folders`, `moving`, `old_folder`.
"""
