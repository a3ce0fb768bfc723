"""The API of the local platform: requests, responses, and the HTTP server around them.

Other packages may import `app`, `cluster.inventory`, `documents`, `gate`, `listing`, `requests`, `server` and
`server_file`.
"""
