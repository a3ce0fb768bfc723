"""Tasks after everything, as `jobspec show` prints them: the view, and the view as YAML with places.

From outside, import `view` for the data and `text` for the YAML.
"""
