"""Workbooks as other people's libraries save them, and how they were made (see `__main__`)."""
