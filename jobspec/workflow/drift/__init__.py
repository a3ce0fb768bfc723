"""The drift check: comparing with the last report, writing reports, and notifying.

Code outside the package may import `checking`, `delivering`, `files`, `notifying` and `reports`.
"""
