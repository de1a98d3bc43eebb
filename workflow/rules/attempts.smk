"""Word of builds that were begun, beside Snakemake's own records."""


def get_attempt_file(wildcards):
    """Return where a build leaves word that it was begun, beside Snakemake's own records."""
    # Two uses of this workflow as a module may have a cohort of the same name.
    which = hashlib.sha256(
        (config["samples"] + get_content_config(wildcards)).encode()
    ).hexdigest()
    return f".snakemake/methcohort/{wildcards.cohort}-{which[:12]}"


def get_attempt(wildcards):
    """Return the word that the last build left: a new one where it did not end well.

    After a failed job Snakemake records its parameters and inputs as done, so the next run could
    find nothing to do while the earlier store is there. So a build writes a new word when it
    begins, and the word that stood there before is put back when its store is published. Where
    it failed or was killed in between, this parameter of publishing has changed, and what is to
    be published is made again.
    """
    return read_word(get_attempt_file(wildcards))


@functools.cache
def read_word(path):
    """Return what stood in a file when this run began, or nothing.

    Snakemake asks again before the job, when there is a new word already.
    """
    return Path(path).read_text().strip() if Path(path).exists() else ""
