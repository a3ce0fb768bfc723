"""Convert YAML 1.2 text to trees that know the place of every value, and values to text.

Code outside the package may import `source`, `tree` and `writing`.
"""
