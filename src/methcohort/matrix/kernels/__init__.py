"""Compiled loops over rows, sites and chunks, by topic; they take and return numbers and arrays."""
