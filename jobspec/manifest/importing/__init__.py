"""Live tasks become manifests: the way back from what `payload` sends; pure."""
