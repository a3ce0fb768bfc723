"""Convert the vendor's task files to manifests. Pure.

A file has the form of the vendor's command line or of its API, or contains the arguments of its SDK.

Code outside the package may import `converting`, `hiding`, `json_text`, `table` and `writing`.
"""
