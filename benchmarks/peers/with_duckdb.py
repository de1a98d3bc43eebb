"""DuckDB: all files into one table, a pivot to one row a site, and Parquet.

Arguments: the sheet, the folder for cohort.parquet, the number of workers.
"""

import csv
import os
import sys
from pathlib import Path

import duckdb

if __name__ == "__main__":
    output = Path(sys.argv[2])
    with Path(sys.argv[1]).open(encoding="utf-8") as sheet:
        sample_of = {row["path"]: row["sample"] for row in csv.DictReader(sheet, delimiter="\t")}
    db = duckdb.connect()
    # Half of the machine; what goes beyond is spilled to the folder of the output.
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    db.execute(f"SET threads = {int(sys.argv[3])}")
    db.execute(f"SET memory_limit = '{memory}B'")
    db.execute(f"SET temp_directory = '{output / 'spill'}'")
    # The order of the rows is that of the last query, so none is kept before.
    db.execute("SET preserve_insertion_order = false")
    read = """
        SELECT filename, chrom, pos, c, t
        FROM read_csv($paths, delim = '\t', header = false, filename = true, columns = {
            'chrom': 'VARCHAR', 'pos': 'INTEGER', 'pct': 'FLOAT', 'c': 'USMALLINT',
            't': 'USMALLINT'})"""
    db.execute(f"CREATE TEMP TABLE calls AS {read}", {"paths": list(sample_of)})
    counts = ", ".join(
        f"""coalesce(max({layer}) FILTER (filename = '{path}'), 0) AS "{layer}_{sample}" """
        for layer in ("c", "t")
        for path, sample in sample_of.items()
    )
    db.execute(
        f"COPY (SELECT chrom, pos, {counts} FROM calls GROUP BY chrom, pos ORDER BY chrom, pos) "
        f"TO '{output / 'cohort.parquet'}' (FORMAT parquet, COMPRESSION zstd)"
    )
