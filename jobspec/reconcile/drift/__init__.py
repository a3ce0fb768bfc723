"""What left the declared state by itself, apart from what is only pending. Values only; nothing is written.

`findings` derives them from a plan, `beside` from other runs; `known` compares them with the last report, and
`acknowledged` with the project's acknowledgements. `finding` is the value itself.

Each module may be imported from outside.
"""
