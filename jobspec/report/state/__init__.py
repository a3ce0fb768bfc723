"""The folders of the local platform: the view and its text."""
