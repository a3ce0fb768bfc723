"""The account behind a project: the connection and its key, live tasks of any user, and imports.

Other packages may import `account`, `connect`, `import_files`, `import_selection`, `importing`, `task_writes`
and `tasks`.
"""
