"""Manage the state folders of the local platform.

The database and the logs of each project are in a folder that is derived from the project's path. It is
below $JOBSPEC_STATE_DIR, else $XDG_STATE_HOME/jobspec, else ~/.local/state/jobspec.
"""
