"""The usual worksheet read as a stream of whole-array operations."""
