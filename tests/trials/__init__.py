"""Kinds of trials that can be made for ever; the soak makes them at random."""
