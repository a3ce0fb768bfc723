"""Convert the vendor's task files to manifests: its command line's YAML, the API's form, the SDK's arguments. Pure.

Code outside the package may import `converting`, `project`, `table` and `text`.
"""
