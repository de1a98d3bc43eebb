"""A fuzzer of the parser that is led by the lines it reaches; see `run.py`."""
