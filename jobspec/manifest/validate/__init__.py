"""Find the problems of a manifest, with help on what to write: shape, rules, credentials, look-alikes.

Code outside the package may import `deceptive_fields`, `plaintext_credentials`, `project_problems`, `rules`,
`shape` and `wording`.
"""
