"""The configuration and the state of the user and of the machine: all that is outside every checkout.

A project cannot decide anything in here. `state_folder` says where state is kept.
Nothing here reads a manifest.
"""
