"""What a job asks for: memory and time, from the sizes of its inputs.

After a failure a job asks for twice as much, where the profile has it tried again.
"""

UNITS = {
    "kB": 1000,
    "MB": 1000**2,
    "GB": 1000**3,
    "TB": 1000**4,
    "KiB": 1024,
    "MiB": 1024**2,
    "GiB": 1024**3,
    "TiB": 1024**4,
}
# What a job may take beside the memory that its command plans with: compiling the kernels where
# they are not in the cache yet, and Snakemake itself, which runs the command. A cluster kills a
# job that has more than it asked for.
HEADROOM_MB = 500
HEADROOM_SHARE = 0.05
# The processes themselves, without any row.
PARENT_MB = 300
WORKER_MB = 100
# Rows in memory, for each byte of text: a row of text has about 25 bytes, or 5 as gzip.
GZIP_FACTOR = 2.5
PLAIN_FACTOR = 0.6
# Bytes of a site where its position alone is known; sites of a digest block; and what is kept in
# memory of each chunk and of each digest.
SITE_BYTES = 4
DIGEST_SITES = 65536
INDEX_BYTES = 32
# Minutes of a job that has nothing to read, and how many megabytes it reads in another one. It
# is ten times quicker on a good disk.
LEAST_MINUTES = 10
MB_A_MINUTE = 300


def get_configured_mb():
    """Return the memory that one build may use, in megabytes."""
    number, unit = re.fullmatch(r"([0-9.]+)\s*(\w+)", config["memory"]).groups()
    return max(1, int(float(number) * UNITS[unit] / 1000**2))


def with_headroom(memory, attempt):
    """Return what a job asks for whose command plans with some memory, in megabytes."""
    memory *= 2 ** (attempt - 1)
    return int(memory * (1 + HEADROOM_SHARE)) + HEADROOM_MB


def get_memory(wildcards, resources):
    """Return the memory that the command of a job plans with.

    A function of the resources is no parameter whose change builds anything again. While the
    inputs are not made, Snakemake does not know them.
    """
    if not isinstance(resources.mem_mb, int):
        return resources.mem_mb
    memory = (resources.mem_mb - HEADROOM_MB) / (1 + HEADROOM_SHARE)
    # The command says it where that is too little.
    return f"{max(1, int(memory))}MB"


def get_size_mb(files):
    """Return the size of files in megabytes, of remote ones too."""
    # `input.size_mb` warns of itself where a file is still to be made.
    return sum(map(get_size, files)) / 1000**2


def get_size(file):
    """Return the size of a file or of the object of a URL, in bytes."""
    if is_flagged(file, "storage_object"):
        return get_flag_value(file, "storage_object").size()
    return os.path.getsize(file)


def get_build_mem(wildcards, attempt):
    """Return what a job asks for that does all, in megabytes: the memory of the configuration."""
    return with_headroom(get_configured_mb(), attempt)


def get_mem(rows_mb, threads, attempt):
    """Return what a job asks for that holds so many megabytes of rows.

    With less memory than its rows need, a command puts the rest to scratch: so the memory of the
    configuration is the most that a job plans with at first.
    """
    needed = PARENT_MB + WORKER_MB * threads + int(rows_mb)
    return with_headroom(min(get_configured_mb(), needed), attempt)


def get_load_mem(wildcards, input, threads, attempt):
    """Return what a job asks for that reads text, in megabytes."""
    packed = any(path.endswith((".gz", ".bgz")) for path in input)
    factor = GZIP_FACTOR if packed else PLAIN_FACTOR
    return get_mem(factor * get_size_mb(input), threads, attempt)


def get_sites_mem(wildcards, input, threads, attempt):
    """Return what a job asks for that finds the sites, in megabytes."""
    return get_mem(get_size_mb(input), threads, attempt)


def get_pack_mem(wildcards, input, threads, attempt):
    """Return what a job asks for that packs one of several ranges, in megabytes."""
    return get_mem(
        get_size_mb(input) / int(wildcards.part.split("-of-")[1]), threads, attempt
    )


def get_assemble_mem(wildcards, input, threads, attempt):
    """Return what a job asks for that copies chunks, in megabytes.

    It holds the sites, and where each chunk and digest block went.
    """
    sites_mb = get_size_mb([input.sites])
    values = sites_mb / SITE_BYTES * len(get_samples(wildcards.cohort))
    chunk = math.prod(config["chunks"])
    index = values * len(config["layers"]) * (1 / chunk + 1 / DIGEST_SITES) * INDEX_BYTES
    return get_mem(sites_mb + index, threads, attempt)


def get_runtime(wildcards, input, attempt):
    """Return how many minutes a job asks for."""
    return int(LEAST_MINUTES + get_size_mb(input) / MB_A_MINUTE) * 2 ** (attempt - 1)
