"""Looking after the folders of the local platform outside the checkout, and old ones inside.

All of it may be imported from outside.
"""
