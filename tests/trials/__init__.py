"""Trials of faults at random places: the tests make a few of each, the soak as many as it can.

A kind of trial is a class whose instance is set up once in a folder; `trial(rng)` makes one attempt
and returns what happened as a short phrase, or several with their counts, or raises AssertionError.
`kinds.py` lists them.
"""
