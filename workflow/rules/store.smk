rule build_store:
    input:
        samples=get_inputs,
        bed=get_bed,
        reference=get_reference,
        aliases=get_aliases,
        chrom_sizes=get_chrom_sizes,
    output:
        # Beside the place of the store, so that publishing needs no copy. A build that fails
        # or is killed never comes near the earlier store.
        built=temp("results/.built/{cohort}.h5"),
    log:
        "logs/build_store/{cohort}.log",
    benchmark:
        "logs/build_store/{cohort}.benchmark.tsv"
    wildcard_constraints:
        cohort="|".join(map(re.escape, COHORTS)),
    conda:
        "../envs/methcohort.yaml"
    threads: config["threads"]
    resources:
        mem_mb=get_build_mem,
        runtime=get_runtime,
    params:
        sheet=get_sheet,
        content=get_content_config,
        attempt_file=get_attempt_file,
        refusal=get_refusal,
        fetched=get_fetched,
        fetched_file=get_fetched_file,
        earlier=get_earlier,
        changed=get_changed,
        umask=get_umask,
        memory=get_memory,
        # Not used below: these are here because a change of them must rebuild the store.
        rows=get_sheet_rows,
        files=get_fingerprint,
        version=get_version(),
    shell:
        # The last line: while this build went on, another may have been begun for the same store,
        # after Snakemake was killed alone. Only the last one begun may be published.
        # Word that a build was begun, and an end where a file is not to be read.
        'mkdir -p "$(dirname {params.attempt_file:q})";'
        ' word="begun $(date +%s) by $$ on $(uname -n)"; echo "$word" > {params.attempt_file:q};'
        " if [ {params.refusal:q} ]; then echo {params.refusal:q} | tee {log:q}; exit 1; fi;"
        " printf %s {params.fetched:q} > {params.fetched_file:q};"
        " {{ umask {params.umask}; methcohort build --samples {params.sheet:q} --cohort {wildcards.cohort:q}"
        " --output {output.built:q} --config {params.content:q}"
        " --workers {threads} --memory {params.memory}"
        " --fetched {params.fetched_file:q}"
        " --earlier {params.earlier:q} --changed {params.changed}; }}"
        " 2>&1 | tee {log:q};"
        ' [ "$(cat {params.attempt_file:q})" = "$word" ] || {{ rm -f {output.built:q}; exit 1; }}'


rule publish_store:
    input:
        built=get_built,
    output:
        # Not update(): Snakemake would copy the whole store before this job, need room for three,
        # and copy it back in place, under those who read it, where the job fails. A disk too full
        # for the copy ends in a traceback, with half a copy left. As it is, the store is absent
        # for some milliseconds, and the new one is there already, in the folder of what is built.
        store="results/{cohort}.h5",
    log:
        "logs/publish_store/{cohort}.log",
    wildcard_constraints:
        cohort="|".join(map(re.escape, COHORTS)),
    localrule: True
    conda:
        "../envs/methcohort.yaml"
    params:
        attempt=get_attempt,
        attempt_file=get_attempt_file,
        made=get_made,
        made_file=get_made_file,
        left=get_left,
    shell:
        # Where a file system has no hard links, the file moves.
        "{{ ln {input.built:q} {output.store:q} || mv {input.built:q} {output.store:q}; }}"
        " 2> {log:q};"
        " echo {params.attempt:q} > {params.attempt_file:q};"
        " printf %s {params.made:q} > {params.made_file:q}; rm -rf {params.left:q};"
        ' rmdir "$(dirname {params.left:q})" 2> /dev/null || true'


rule summarize_store:
    input:
        store="results/{cohort}.h5",
    output:
        table=report(
            "results/{cohort}.samples.tsv",
            caption="../report/samples.rst",
            category="Cohorts",
            labels={"cohort": "{cohort}", "page": "table of samples"},
        ),
        page=report(
            "results/{cohort}.html",
            caption="../report/provenance.rst",
            category="Cohorts",
            labels={"cohort": "{cohort}", "page": "provenance and dropped rows"},
        ),
    log:
        "logs/summarize_store/{cohort}.log",
    wildcard_constraints:
        cohort="|".join(map(re.escape, COHORTS)),
    localrule: True
    conda:
        "../envs/methcohort.yaml"
    params:
        script=get_page_script,
    shell:
        "{{ methcohort info --tsv {input.store:q} > {output.table:q}"
        " && methcohort info --json {input.store:q}"
        " | python3 {params.script:q} {wildcards.cohort:q} > {output.page:q}; }} 2> {log:q}"
        " || {{ if grep -q 'build it again$' {log:q}; then"
        " echo 'To have it built again, remove it and run again.' >> {log:q}; fi;"
        " cat {log:q} >&2; exit 1; }}"
