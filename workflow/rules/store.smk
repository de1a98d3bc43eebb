rule build_store:
    input:
        samples=get_inputs,
        bed=get_bed,
    output:
        # An ordinary output is deleted before the job starts: update() keeps the earlier store
        # until the command, which writes beside it, renames the new one over it.
        store=update("results/{cohort}.h5"),
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
        mem_mb=get_mem_mb(),
    params:
        sheet=config["samples"],
        content=get_content_config(),
        attempt=get_attempt,
        attempt_file=get_attempt_file,
        # Not used below: these two are here because a change of them must rebuild the store.
        rows=get_sheet_rows,
        version=get_version(),
    shell:
        'mkdir -p "$(dirname {params.attempt_file:q})";'
        ' echo "begun $(date +%s) by $$" > {params.attempt_file:q};'
        " methcohort build --samples {params.sheet:q} --cohort {wildcards.cohort:q}"
        " --output {output.store:q} --config {params.content:q}"
        " --workers {threads} --memory {resources.mem_mb}MB"
        " 2>&1 | tee {log:q};"
        " echo {params.attempt:q} > {params.attempt_file:q}"


rule summarize_store:
    input:
        store="results/{cohort}.h5",
    output:
        table=report(
            "results/{cohort}.samples.tsv",
            caption="../report/samples.rst",
            category="Cohorts",
            labels={"cohort": "{cohort}", "table": "samples"},
        ),
    log:
        "logs/summarize_store/{cohort}.log",
    wildcard_constraints:
        cohort="|".join(map(re.escape, COHORTS)),
    conda:
        "../envs/methcohort.yaml"
    shell:
        "methcohort info --tsv {input.store:q} > {output.table:q} 2> {log:q}"
