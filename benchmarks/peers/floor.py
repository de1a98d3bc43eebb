"""The least that any program has to do: inflate the files, in as many processes, and drop the text.

Arguments: the sheet, a folder (nothing is written there), the number of workers.
"""

import csv
import sys
from multiprocessing import Pool
from pathlib import Path

from isal import igzip


def inflate(path: str) -> int:
    """Return the bytes of a file's text."""
    size = 0
    with igzip.open(path) if path.endswith(".gz") else Path(path).open("rb") as file:
        while data := file.read(1 << 20):
            size += len(data)
    return size


if __name__ == "__main__":
    with Path(sys.argv[1]).open(encoding="utf-8") as sheet:
        paths = [row["path"] for row in csv.DictReader(sheet, delimiter="\t")]
    # Large files first, so that no process is left alone with one at the end.
    paths.sort(key=lambda path: -Path(path).stat().st_size)
    with Pool(int(sys.argv[3])) as pool:
        print(sum(pool.imap_unordered(inflate, paths, chunksize=1)))
