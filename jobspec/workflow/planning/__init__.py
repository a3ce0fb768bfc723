"""Making a plan, saving it, judging it against an earlier revision, and carrying it out.

All of it may be imported from outside.
"""
