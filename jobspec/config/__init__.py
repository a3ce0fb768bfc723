"""The configuration and the state of the user and of the machine: all that is outside every checkout.

From outside, import `disks`, `files`, `home`, `machine`, `project_state`, `scope_state`, `secret_access`,
`servers`, `settings`, `state_folder`.
"""
