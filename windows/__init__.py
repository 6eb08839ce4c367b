"""Windows on Linux: the official Windows Python and our built program, run by Wine."""
