"""Mutation testing: small slips are made in the code on purpose, and some test has to notice each.

`python -m tests.mutation` (`make mutants`) tries them all and names the survivors. `equal.txt`
lists those that change nothing that anybody could see, with the reason.
"""
