"""The programs that are measured, a function each.

A subject is a generator. What it does before its first `yield` is not measured: imports, reading
the form, a first small file, so that all start warm. What it does after is; it may yield a
dict of facts about its work (how many it found) that goes to the results.
"""
