"""What a command can ask of a worker and what the worker answers, a frozen dataclass each.

Each module declares the requests that the module of the same name in `tasks` fulfils; `protocol`
carries both across a pipe. Commands import these modules, so they import nothing heavy.
"""
