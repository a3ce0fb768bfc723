"""Live tasks become manifests: the way back from what `payload` sends; pure.

From outside, import `defaults`, `names`, `record`, `text`.
"""
