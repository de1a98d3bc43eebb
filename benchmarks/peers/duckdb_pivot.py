"""DuckDB as its manual has it: read_csv of all files, PIVOT to one row a site, Parquet.

`with_duckdb.py` does the same by hand, which is quicker.
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
    read = """
        SELECT filename, chrom, pos, c, t
        FROM read_csv($paths, delim = '\t', header = false, filename = true, columns = {
            'chrom': 'VARCHAR', 'pos': 'INTEGER', 'pct': 'FLOAT', 'c': 'INTEGER',
            't': 'INTEGER'})"""
    db.execute(f"CREATE TEMP TABLE calls AS {read}", {"paths": list(sample_of)})
    db.execute("CREATE TEMP TABLE names (filename VARCHAR, sample VARCHAR)")
    db.executemany("INSERT INTO names VALUES (?, ?)", list(sample_of.items()))
    db.execute(
        "CREATE TEMP TABLE matrix AS PIVOT (SELECT chrom, pos, sample, c, t FROM calls "
        "JOIN names USING (filename)) ON sample USING first(c) AS c, first(t) AS t "
        "GROUP BY chrom, pos"
    )
    columns = ", ".join(
        f'coalesce("{sample}_{layer}", 0) AS "{layer}_{sample}"'
        for layer in ("c", "t")
        for sample in sample_of.values()
    )
    db.execute(
        f"COPY (SELECT chrom, pos, {columns} FROM matrix ORDER BY chrom, pos) "
        f"TO '{output / 'cohort.parquet'}' (FORMAT parquet)"
    )
