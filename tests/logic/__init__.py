"""Tests of `converter.logic`."""
