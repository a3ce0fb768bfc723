"""What is wrong with a manifest, in words that say what to type: shape, rules, credentials, look-alikes.

From outside, import `deceptive_fields`, `plaintext_credentials`, `project_problems`, `rules`, `shape`,
`wording`.
"""
