"""What everything else may use: errors, signals, and progress.

It knows nothing of files, processes or methylation. Its modules are its doors, because each is
needed where the others would be too slow to load: `errors`, `log`, `signals`, `progress`.
"""
