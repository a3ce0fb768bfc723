"""The language inside `${{ … }}`: its syntax, its functions, and the values from outside the manifests.

`resolve` expands expressions in documents with it; the workflow provides the values from outside. Pure.
"""
