"""Manifests: text becomes trees, values, tasks and create payloads.

From outside, import `task`, `load`, `configuration`, `json_schema`, `reference`, `project_file`, and what each
package below names.
"""
