"""Making a plan, saving it, judging it against an earlier revision, and carrying it out.

From outside, import `applying`, `ownership`, `planning`, `saved_plans`.
"""
