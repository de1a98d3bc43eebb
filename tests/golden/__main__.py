"""Keep the records of all stores anew: `make golden`."""

import tempfile
from pathlib import Path

from . import SETS, cases_of, make
from .records import KEPT, summary, write_kept

records, faults = {}, {}
for one in SETS:
    with tempfile.TemporaryDirectory() as folder:
        for name, record, differ in make(cases_of(one, Path(folder)), Path(folder)):
            records[name] = record
            faults |= {name: differ} if differ else {}
if faults:
    raise SystemExit(f"nothing is kept: {summary(faults)}")
write_kept(records)
print(f"{KEPT}: {len(records)} stores")
