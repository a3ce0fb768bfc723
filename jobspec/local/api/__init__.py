"""The API of the local platform: requests in, answers out, and the HTTP server around it.

From outside, import `app`, `documents`, `gate`, `listing`, `requests`, `server`, `server_file`.
"""
