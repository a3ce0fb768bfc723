"""Write converted manifests and their project as text. Pure.

Code outside the package may import `project`, `shared` and `text`.
"""
