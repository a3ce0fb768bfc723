"""The platform's API: signing, credentials, wire values and the client.

Importing the package imports none of its modules. Code outside the package may import `client`,
`credentials`, `destinations`, `notify`, `observing`, `retry`, `settings`, `signing` and `skew`.
"""
