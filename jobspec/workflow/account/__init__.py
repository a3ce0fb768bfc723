"""The account behind a project: the connection and its key, live tasks whoever made them, and imports.

From outside, import `account`, `connect`, `import_files`, `import_selection`, `importing`, `task_writes`,
`tasks`.
"""
