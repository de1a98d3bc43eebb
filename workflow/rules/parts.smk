"""The parts of a scattered build: which rows are in which, and their names.

The name of a part has a digest of all that decides what is in it, so a part of other files, rows
or settings is never taken for it. All parts are temporary.
"""

PART = r"\d+-of-\d+"
KEY = r"[0-9a-f]{16}"


def digest_of(*facts):
    """Return a short digest of facts that JSON can show."""
    text = json.dumps(facts, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def get_samples(cohort):
    """Return the rows of each sample, in the order of the sheet; those merged are one sample."""
    samples = {}
    for row in get_rows(cohort):
        samples.setdefault(row.get("merge_as") or row["sample"], []).append(row)
    return list(samples.values())


def get_batch_rows(cohort, part):
    """Return the rows of a batch, such as 2-of-8, as `methcohort scatter load` divides them."""
    samples = get_samples(cohort)
    number, n_batches = map(int, part.split("-of-"))
    start, stop = (k * len(samples) // n_batches for k in (number - 1, number))
    return [row for rows in samples[start:stop] for row in rows]


@functools.cache
def get_batch_key(cohort, part):
    """Return a digest of what decides the rows of a batch.

    What the sheet says of its samples besides is not in the batch.
    """
    facts = [get_row_facts(row) for row in get_batch_rows(cohort, part)]
    return digest_of(get_shared_facts(), len(get_rows(cohort)), facts)


def get_row_facts(row):
    """Return what decides what is read of a row's file."""
    path = row["path"]
    return [
        row["sample"],
        path,
        get_ends(path),
        row.get("format"),
        row.get("merge_as"),
        *([row["columns"]] if row.get("columns") else []),
    ]


def get_shared_facts():
    """Return what decides how all files are read."""
    shared = [get_ends(path) for path in get_shared_paths()]
    return [get_version(), get_content_config(None), shared]


@functools.cache
def get_key(cohort, n):
    """Return a digest of what decides the store, however it is divided into so many batches."""
    keys = [get_batch_key(cohort, part) for part in get_parts(n)]
    return digest_of(keys, get_rows(cohort))


def get_parts(n):
    """Return the names of so many parts."""
    return [f"{k}-of-{n}" for k in range(1, int(n) + 1)]


def get_batch_inputs(wildcards):
    """Return the files of a batch."""
    return as_inputs(wildcards.cohort, get_batch_rows(wildcards.cohort, wildcards.part))


def get_batches(wildcards):
    """Return all batches of a cohort."""
    cohort, n = wildcards.cohort, get_divisor(wildcards)
    return [
        f"results/.built/{cohort}/{part}.{get_batch_key(cohort, part)}.batch"
        for part in get_parts(n)
    ]


def get_ranges(wildcards):
    """Return the packed ranges of a store; there are as many as batches."""
    cohort, key = wildcards.cohort, wildcards.key
    return [
        f"results/.built/{cohort}/{part}.{key}.range" for part in get_parts(wildcards.n)
    ]


def get_sites(wildcards):
    """Return the file of the sites of a store."""
    cohort, key = wildcards.cohort, wildcards.key
    return f"results/.built/{cohort}/{get_divisor(wildcards)}.{key}.sites"


def get_divisor(wildcards):
    """Return how many parts there are."""
    return wildcards.get("n") or wildcards.part.split("-of-")[1]


def get_part(wildcards):
    """Return which part it is, as the command line has it."""
    return wildcards.part.replace("-of-", "/")


def get_part_refusal(wildcards, input):
    """Return a sentence where the files must not be read, else nothing.

    A file that has changed since the run began belongs to a part of another name.
    """
    if get_batch_key(wildcards.cohort, wildcards.part) != wildcards.key:
        return (
            f"cohort {wildcards.cohort}: a file of batch {get_part(wildcards)} has changed since "
            "this run began; run again when it is complete"
        )
    return get_refusal(wildcards, input)
