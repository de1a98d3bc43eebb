"""Whether a store is made by one job or by many, and what was published last.

One job takes from the earlier store what is unchanged; the many read all files. So a large cohort
to which few samples come is made by one job as well, and the store stays as it is where only the
number of batches in the configuration has changed.
"""


def get_n_batches(cohort):
    """Return in how many batches a cohort is loaded; there are no more than samples."""
    return min(config["scatter"]["batches"], len(get_samples(cohort)))


@functools.cache
def get_route(cohort):
    """Return by how many batches the store is made, 1 for one job that does all."""
    n = get_n_batches(cohort)
    made = read_made(cohort)
    if made is None or not os.path.exists(made["store"]):
        return n
    if made["key"] == get_key(cohort, made["n"]):
        return int(made["n"])
    rows = get_row_keys(cohort)
    new = [row for row in rows if row not in made["rows"]]
    names = {row[:KEY_DIGITS] for row in made["rows"]}
    changed = any(row[:KEY_DIGITS] in names for row in new)
    few = len(new) * n <= len(rows)
    refused = changed and config["changed"] == "refuse"
    return 1 if can_grow() and (few or refused) else n


def can_grow():
    """Tell whether samples can be taken from an earlier store, as `methcohort build` does."""
    samples_decide = config["sites"] in ("union", "intersection")
    if (
        config["sites"] == "intersection"
        or samples_decide
        and config["min_samples"] > 1
    ):
        return False
    listed = config["sites"] == "reference" and config["off_reference"] == "drop"
    return bool(get_bed_path()) or listed or config["chroms"]["order"] == "natural"


# Digits of a sample's name, and as many of what is read of it.
KEY_DIGITS = 8


def get_row_keys(cohort):
    """Return for each row of a cohort digests of its name and of what is read of it."""
    shared = get_shared_facts()
    return [
        digest_of(row["sample"])[:KEY_DIGITS]
        + digest_of(shared, get_row_facts(row))[:KEY_DIGITS]
        for row in get_rows(cohort)
    ]


def read_made(cohort):
    """Return what was published last of a cohort, or None."""
    try:
        path = get_made_file(SimpleNamespace(cohort=cohort))
        n, key, rows, store = Path(path).read_text().split("\n", 3)
    except (OSError, ValueError):
        return None
    return {"n": n, "key": key, "rows": set(rows.split()), "store": store.strip("\n")}


def get_made_file(wildcards):
    """Return where it is written what was published."""
    return f"{get_attempt_file(wildcards)}.made"


def get_made(wildcards, output):
    """Return what is written of a store that is published.

    Taking `output` keeps this from being a parameter: the rows are one of what is published.
    """
    cohort, n = wildcards.cohort, get_route(wildcards.cohort)
    rows = " ".join(get_row_keys(cohort))
    return f"{n}\n{get_key(cohort, n)}\n{rows}\n{output.store}\n"


def get_built(wildcards):
    """Return the store that is to be published: that of one job, or of many."""
    cohort, n = wildcards.cohort, get_route(wildcards.cohort)
    if n == 1:
        return f"results/.built/{cohort}.h5"
    return f"results/.built/{cohort}/{n}.{get_key(cohort, n)}.h5"


def get_earlier(wildcards, output):
    """Return the published store, from which a build takes what is unchanged.

    It is no input, since a store that was published would then be a reason to build it again.
    """
    published = os.path.dirname(os.path.dirname(output.built))
    return os.path.join(published, f"{wildcards.cohort}.h5")


def get_umask(wildcards, output):
    """Return the umask of a build: who may read the published store may read the new one.

    The command keeps the permissions of what it replaces; here that is another file. Taking
    `output` keeps this from being a parameter, which would build a store again.
    """
    folder = os.path.dirname(os.path.dirname(output.built))
    if os.path.basename(folder) == ".built":  # that of one job lies one folder higher
        folder = os.path.dirname(folder)
    try:
        mode = os.stat(os.path.join(folder, f"{wildcards.cohort}.h5")).st_mode
    except OSError:
        return '"$(umask)"'
    return f"{~mode & 0o066:04o}"


def get_changed(wildcards, output):
    """Return what to do with changed files; as a function of `output` it builds nothing again."""
    return config["changed"]


def get_left(wildcards, output):
    """Return the folder with what failed or older builds have left of their parts."""
    return os.path.join(os.path.dirname(output.store), ".built", wildcards.cohort)
