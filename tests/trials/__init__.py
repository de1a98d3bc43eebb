"""Trials of faults at random places: the tests make a few of each, the soak as many as it can.

A trial is a class whose instance is set up once in a folder; `trial(rng)` makes one attempt and
returns what happened as a short phrase, or raises AssertionError.
"""
