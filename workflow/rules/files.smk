"""The files of a cohort: which they are, whether they are there, whether they have changed."""

# Values of `sites` and `aliases` that name no file.
SITE_WORDS = ("union", "intersection", "reference")
BUILT_IN_ALIASES = r"(GRCh37|GRCh38|GRCm38|GRCm39)(:(ucsc|ensembl|refseq))?|"
# How much of each end of a file its fingerprint reads.
END_BYTES = 65536
# How far the clock of a file server may be ahead.
CLOCK_SECONDS = 60


def get_rows(cohort):
    """Return the cohort's rows of the sheet."""
    return [row for row in SHEET if row["cohort"] == cohort]


def get_sheet_rows(wildcards):
    """Return the cohort's rows as text: a changed row changes this text, so it rebuilds."""
    return json.dumps(get_rows(wildcards.cohort), ensure_ascii=False)


def get_inputs(wildcards):
    """Return the cohort's files."""
    return as_inputs(wildcards.cohort, get_rows(wildcards.cohort))


def as_inputs(cohort, rows):
    """Return the files of rows. They are the user's, so a module's prefix leaves them alone."""
    paths = [row["path"] for row in rows]
    refuse_missing(cohort, paths)
    return [get_stored(path) if is_remote(path) else local(path) for path in paths]


def is_remote(path):
    """Tell whether a path is a URL: a storage plugin of Snakemake fetches it, by its scheme."""
    return re.match(r"[a-z][a-z0-9+.-]*://", path) is not None


@functools.cache
def get_stored(path):
    """Return a URL as a file that a storage plugin fetches."""
    return storage(path)


@functools.cache
def is_there(path):
    """Tell whether a path or the object of a URL exists."""
    if is_remote(path):
        return get_stored(path).flags["storage_object"].exists()
    return Path(path).exists()


def get_fetched(wildcards, input):
    """Return the table of the URLs in the sheet and of the local copies of them.

    Where the copies lie is no content: taking `input` keeps this from being a parameter whose
    change builds the store again.
    """
    rows = get_rows(wildcards.cohort)
    if "part" in wildcards.keys():
        rows = get_batch_rows(wildcards.cohort, wildcards.part)
    copies = zip([row["path"] for row in rows], input.samples)
    return "".join(f"{path}\t{copy}\n" for path, copy in copies if is_remote(path))


def get_fetched_file(wildcards):
    """Return where the table of fetched files is written, one for each job that reads text."""
    part = wildcards.get("part")
    return f"{get_attempt_file(wildcards)}{f'-{part}' if part else ''}.fetched"


def get_bed(wildcards):
    """Return the BED file of the sites, where the configuration names one."""
    return as_input(wildcards, get_bed_path())


def get_reference(wildcards):
    """Return the FASTA file of the genome, where the configuration names one."""
    return as_input(wildcards, config["reference"])


def get_aliases(wildcards):
    """Return the table of chromosome names, where the configuration names a file."""
    return as_input(wildcards, get_aliases_path())


def get_chrom_sizes(wildcards):
    """Return the table of lengths of chromosomes, where the configuration names one."""
    return as_input(wildcards, config["chrom_sizes"])


def get_bed_path():
    return "" if config["sites"] in SITE_WORDS else config["sites"]


def get_aliases_path():
    return (
        "" if re.fullmatch(BUILT_IN_ALIASES, config["aliases"]) else config["aliases"]
    )


def get_shared_paths():
    """Return the files that all cohorts use."""
    paths = [
        get_bed_path(),
        config["reference"],
        get_aliases_path(),
        config["chrom_sizes"],
    ]
    return [path for path in paths if path]


def as_input(wildcards, path):
    """Return a file that all cohorts use as an input; none where the path is empty."""
    if not path:
        return []
    refuse_missing(wildcards.cohort, [path])
    return local(path)


def is_made(path):
    """Tell whether the path is the output of a rule."""
    return any(rule.is_producer(path) for rule in workflow.rules)


def refuse_missing(cohort, paths):
    """Stop where Snakemake cannot name a file, or a file is not there and no rule makes it.

    At a missing file Snakemake itself would say nothing where the store exists already: it would
    take the store as it is, without the sample whose file is missing.
    """
    refuse_paths(
        [path for path in paths if re.search(r"[{}<>]", path)],
        f"cohort {cohort}: Snakemake takes the signs {{ }} < > in a path for its own; rename these "
        "files, or give links to them in the sheet or the configuration",
    )
    refuse_paths(
        [path for path in paths if not is_there(path) and not is_made(path)],
        f"cohort {cohort}: these files do not exist, and no rule makes them; mend the sheet "
        "or the configuration",
    )


def refuse_paths(paths, why):
    """Stop and list the paths, if there are any."""
    if paths:
        shown = "\n".join(paths[:20])
        more = f"\n... and {len(paths) - 20} more" if len(paths) > 20 else ""
        # An exception would be shown with a traceback.
        raise SystemExit(f"{why}:\n{shown}{more}")


def get_sheet(wildcards):
    """Return the path of the sheet; from a function, so that braces in it stay as they are."""
    return config["samples"]


def get_fingerprint(wildcards):
    """Return a digest of the sizes and of both ends of the cohort's files.

    Snakemake looks at the content of a file only if the file is newer than the store. A file
    that was replaced by an older one, as `mv` and `cp -p` do, changes this parameter. So does a
    gzip file with other text of the same size: its checksum stands at its end.
    """
    paths = [row["path"] for row in get_rows(wildcards.cohort)] + get_shared_paths()
    return hashlib.sha256("".join(map(get_ends, paths)).encode()).hexdigest()


@functools.cache
def get_ends(path):
    """Return a digest of the size and of both ends of a file, or of when an object was put."""
    if is_remote(path):
        stored = get_stored(path).flags["storage_object"]
        return f"{stored.size()} {stored.mtime()}" if is_there(path) else ""
    # What other rules make may not exist yet; Snakemake knows when it is made again.
    # What is no file, the build refuses; a pipe would make this wait.
    if is_made(path) or not os.path.isfile(path):
        return ""
    try:
        with open(path, "rb") as handle:
            size = os.stat(handle.fileno()).st_size
            digest = hashlib.sha256(f"{size}\n".encode() + handle.read(END_BYTES))
            handle.seek(max(END_BYTES, size - END_BYTES))
            digest.update(handle.read(END_BYTES))
    except OSError as error:
        # The build says it in full.
        return f"{path}: {error.strerror}"
    return digest.hexdigest()


def get_refusal(wildcards, input):
    """Return a sentence where a file is from the future, else nothing.

    Snakemake would throw the new store away after the build, since it would be older than its
    input. This function takes `input` so that the answer alone rebuilds nothing.
    """
    limit = time.time() + CLOCK_SECONDS
    late = [
        path
        for path in input
        if os.path.exists(path) and os.stat(path).st_mtime > limit
    ]
    if not late:
        return ""
    files = "1 file has" if len(late) == 1 else f"{len(late)} files have"
    return (
        f"cohort {wildcards.cohort}: {files} a time of change in the future, so Snakemake would "
        "take every store as outdated; check the clock, then run: "
        f"touch {' '.join(shlex.quote(path) for path in late[:20])}"
    )
