"""From county to city to province: a union's whole period as one file, and taking it in above.

A forward is a Data Package like a unit's report: signed with the union's own key, sealed for the
union above. `writing` makes one from a register's publication, `reading` verifies one and makes the
partition of it that the register reads in place (`register.forwarded`). Which forward of a union
counts is decided there, too (`register.forward_precedence`). docs/forward-format.md is the
specification.
"""
