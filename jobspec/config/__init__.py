"""The configuration and the state of the user and of the machine: everything outside the checkouts.

Code outside the package may import `disks`, `files`, `home`, `machine`, `project_state`, `scope_state`,
`secret_access`, `servers`, `settings` and `state_folder`.
"""
