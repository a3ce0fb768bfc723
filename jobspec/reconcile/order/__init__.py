"""The order between tasks: dependencies, and the limits of sets. One mechanism, applied to a finished plan.

Code outside the package may import `hold`, `standing` and `interventions`.
"""
