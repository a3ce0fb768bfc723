"""The platform's API: signing, credentials, wire values and the client. Importing it imports nothing else.

From outside, import `client`, `credentials`, `destinations`, `observing`, `retry`, `settings`, `signing`,
`skew`.
"""
