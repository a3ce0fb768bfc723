"""Commands about the runs of a project's tasks."""
