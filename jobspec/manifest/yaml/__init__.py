"""YAML 1.2 text becomes trees that know where everything stands, and values become text again.

From outside, import `source`, `tree`, `writing`.
"""
