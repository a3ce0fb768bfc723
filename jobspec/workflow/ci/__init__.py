"""Jobs of a CI system: what a job may do, and how its result is reported to the code host.

Other packages may import `comment_key`, `job`, `reading` and `reporting`.
"""
