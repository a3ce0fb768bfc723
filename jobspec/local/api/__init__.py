"""The API of the local platform: requests in, answers out, and the HTTP server around it.

`app` and `server` may be imported from outside.
"""
