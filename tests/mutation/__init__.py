"""Mutation testing: small slips are made in the code on purpose, and some test has to notice each.

`python -m tests.mutation` (`make mutants`) tries them all and names the survivors. `equivalent.toml`
counts, for each function and kind of slip, those that change nothing that anybody could see, with
the reason.
"""
