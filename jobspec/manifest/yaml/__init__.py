"""Convert YAML 1.2 text to plain values or to trees with the place of every value, and values to text.

Code outside the package may import `name_places`, `quick`, `source`, `tree` and `writing`.
"""
