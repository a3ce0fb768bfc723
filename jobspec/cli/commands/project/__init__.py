"""Commands about the manifests of a project: check them, plan, apply, and what their fields mean."""
