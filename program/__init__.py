"""Builds and tests the stand-alone program; not part of the package."""
