"""Makes a plan, saves it, compares it with an earlier revision, and carries it out.

Other packages may import `applying`, `ownership`, `planning` and `saved_plans`.
"""
