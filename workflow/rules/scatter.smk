# The steps of a scattered build, instead of build_store: batches of samples are read, the sites of
# all are found, ranges of sites are packed for all samples, and the chunks put together. What they
# leave is whole or absent, and named for a recipe, that of the store or of a batch; so a job that was
# lost repeats its own part, and what a job makes that lived on after Snakemake was killed is never
# taken for something else. A part that is found damaged is removed, and the next run makes it again.
rule load_batch:
    input:
        recipe="results/.recipes/{cohort}.{digest}.yaml",
        samples=plan.files,
        reference=plan.reference,
        aliases=plan.aliases,
    output:
        batch=temp("results/.built/{cohort}/{part}.{digest}.batch"),
    log:
        "logs/load_batch/{cohort}/{part}.{digest}.log",
    benchmark:
        "logs/load_batch/{cohort}/{part}.{digest}.benchmark.tsv"
    conda:
        "../envs/methcohort.yaml"
    threads: config["threads"]
    resources:
        mem_mb=mem.load_mem,
        runtime=needs.runtime,
    params:
        begun=plan.begun,
        batch=plan.part,
        fetched=plan.fetched,
        memory=needs.planned,
    shell:
        "touch {params.begun:q}; printf %s {params.fetched:q} |"
        " methcohort scatter load --recipe {input.recipe:q} --fetched /dev/stdin"
        " --batch {params.batch} --workers {threads} --memory {params.memory}"
        " --output {output.batch:q} 2>&1 | tee {log:q}"


rule find_sites:
    input:
        recipe=plan.recipe,
        batches=plan.batches,
        bed=plan.bed,
        reference=plan.reference,
        aliases=plan.aliases,
    output:
        sites=temp("results/.built/{cohort}/{n}.{digest}.sites"),
    log:
        "logs/find_sites/{cohort}/{n}.{digest}.log",
    benchmark:
        "logs/find_sites/{cohort}/{n}.{digest}.benchmark.tsv"
    conda:
        "../envs/methcohort.yaml"
    threads: config["threads"]
    resources:
        mem_mb=mem.sites_mem,
        runtime=needs.runtime,
    params:
        memory=needs.planned,
    shell:
        "methcohort scatter sites --recipe {input.recipe:q} --discard-damaged"
        " --workers {threads} --memory {params.memory}"
        " --output {output.sites:q} {input.batches:q} 2>&1 | tee {log:q}"


rule pack_range:
    input:
        sites=plan.sites,
        batches=plan.batches,
    output:
        packed=temp("results/.built/{cohort}/{part}.{digest}.range"),
    log:
        "logs/pack_range/{cohort}/{part}.{digest}.log",
    benchmark:
        "logs/pack_range/{cohort}/{part}.{digest}.benchmark.tsv"
    conda:
        "../envs/methcohort.yaml"
    threads: config["threads"]
    resources:
        mem_mb=mem.pack_mem,
        runtime=needs.runtime,
    params:
        part=plan.part,
        memory=needs.planned,
    shell:
        "methcohort scatter pack --sites {input.sites:q} --range {params.part} --discard-damaged"
        " --workers {threads} --memory {params.memory}"
        " --output {output.packed:q} {input.batches:q} 2>&1 | tee {log:q}"


rule assemble_store:
    input:
        sites=plan.sites,
        ranges=plan.ranges,
    output:
        built=temp("results/.built/{cohort}/{n}.{digest}.h5"),
    log:
        "logs/assemble_store/{cohort}/{n}.{digest}.log",
    benchmark:
        "logs/assemble_store/{cohort}/{n}.{digest}.benchmark.tsv"
    conda:
        "../envs/methcohort.yaml"
    resources:
        mem_mb=mem.assemble_mem,
        runtime=needs.runtime,
    params:
        umask=plan.umask,
        memory=needs.planned,
    shell:
        "umask {params.umask};"
        " methcohort scatter assemble --sites {input.sites:q} --discard-damaged"
        " --memory {params.memory} --output {output.built:q} {input.ranges:q} 2>&1 | tee {log:q}"
