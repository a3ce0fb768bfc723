"""Find the problems of a manifest, with help on what to write: shape, rules, credentials, look-alikes.

Code outside the package may import `checking`, `deceptive_fields`, `plaintext_credentials`,
`project_problems`, `published`, `rules`, `shape` and `wording`.
"""
