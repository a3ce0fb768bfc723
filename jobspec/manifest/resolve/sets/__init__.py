"""Expand a `TaskSet`: from its axes to cells, and from its template and a cell to a task. Pure.

May be imported from outside: `reading`.
"""
