"""The use of GPUs: how large replicas are, and the GPU-hours of stops and submits, for guards and preflight.

Pure. Each module may be imported from outside.
"""
