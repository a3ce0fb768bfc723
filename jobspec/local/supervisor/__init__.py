"""The process that runs tasks: the queue, the life of a task, and the processes of its replicas.

Other packages may import `launch` and `lifecycle`.
"""
