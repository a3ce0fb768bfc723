"""The process that runs tasks: the queue, the life of a task, and the processes of its replicas.

From outside, import `launch`, `lifecycle`.
"""
