# The steps of a scattered build, instead of build_store: batches of samples are read, the sites of
# all are found, ranges of sites are packed for all samples, and the chunks put together. What they
# leave is whole or absent, and named for its content; so a job that was lost repeats its own part,
# and what a job makes that lived on after Snakemake was killed is never taken for something else.
# Where a command says of a part to remove it, its job does so, and the next run makes it again.
rule load_batch:
    input:
        samples=get_batch_inputs,
        reference=get_reference,
        aliases=get_aliases,
    output:
        batch=temp("results/.built/{cohort}/{part}.{key}.batch"),
    log:
        "logs/load_batch/{cohort}/{part}.{key}.log",
    benchmark:
        "logs/load_batch/{cohort}/{part}.{key}.benchmark.tsv"
    wildcard_constraints:
        cohort="|".join(map(re.escape, COHORTS)),
        part=PART,
        key=KEY,
    conda:
        "../envs/methcohort.yaml"
    threads: config["threads"]
    resources:
        mem_mb=get_load_mem,
        runtime=get_runtime,
    params:
        sheet=get_sheet,
        content=get_content_config,
        batch=get_part,
        attempt_file=get_attempt_file,
        refusal=get_part_refusal,
        fetched=get_fetched,
        fetched_file=get_fetched_file,
        memory=get_memory,
    shell:
        # Word that a build was begun, and an end where a file is not to be read.
        'mkdir -p "$(dirname {params.attempt_file:q})";'
        ' word="begun $(date +%s) by $$ on $(uname -n)"; echo "$word" > {params.attempt_file:q};'
        " if [ {params.refusal:q} ]; then echo {params.refusal:q} | tee {log:q}; exit 1; fi;"
        " printf %s {params.fetched:q} > {params.fetched_file:q};"
        " methcohort scatter load --samples {params.sheet:q}"
        " --cohort {wildcards.cohort:q} --config {params.content:q} --batch {params.batch}"
        " --output {output.batch:q} --workers {threads} --memory {params.memory}"
        " --fetched {params.fetched_file:q}"
        " 2>&1 | tee {log:q}"


rule find_sites:
    input:
        batches=get_batches,
        bed=get_bed,
        reference=get_reference,
        aliases=get_aliases,
        chrom_sizes=get_chrom_sizes,
    output:
        sites=temp("results/.built/{cohort}/{n}.{key}.sites"),
    log:
        "logs/find_sites/{cohort}/{n}.{key}.log",
    benchmark:
        "logs/find_sites/{cohort}/{n}.{key}.benchmark.tsv"
    wildcard_constraints:
        cohort="|".join(map(re.escape, COHORTS)),
        n=r"\d+",
        key=KEY,
    conda:
        "../envs/methcohort.yaml"
    threads: config["threads"]
    resources:
        mem_mb=get_sites_mem,
        runtime=get_runtime,
    params:
        sheet=get_sheet,
        content=get_content_config,
        memory=get_memory,
    shell:
        "methcohort scatter sites --samples {params.sheet:q} --cohort {wildcards.cohort:q}"
        " --config {params.content:q} --output {output.sites:q}"
        " --workers {threads} --memory {params.memory} {input.batches:q}"
        " 2>&1 | tee {log:q}"
        " || {{ for part in {input.batches:q}; do"
        ' if grep -F "$part: " {log:q} | grep -q "; remove it"; then rm -f "$part";'
        ' echo "$part is removed; run again, which makes it again" | tee -a {log:q}; fi; done;'
        " exit 1; }}"


rule pack_range:
    input:
        sites=get_sites,
        batches=get_batches,
    output:
        packed=temp("results/.built/{cohort}/{part}.{key}.range"),
    log:
        "logs/pack_range/{cohort}/{part}.{key}.log",
    benchmark:
        "logs/pack_range/{cohort}/{part}.{key}.benchmark.tsv"
    wildcard_constraints:
        cohort="|".join(map(re.escape, COHORTS)),
        part=PART,
        key=KEY,
    conda:
        "../envs/methcohort.yaml"
    threads: config["threads"]
    resources:
        mem_mb=get_pack_mem,
        runtime=get_runtime,
    params:
        part=get_part,
        memory=get_memory,
    shell:
        "methcohort scatter pack --sites {input.sites:q} --range {params.part}"
        " --output {output.packed:q} --workers {threads} --memory {params.memory}"
        " {input.batches:q} 2>&1 | tee {log:q}"
        " || {{ for part in {input.sites:q} {input.batches:q}; do"
        ' if grep -F "$part: " {log:q} | grep -q "; remove it"; then rm -f "$part";'
        ' echo "$part is removed; run again, which makes it again" | tee -a {log:q}; fi; done;'
        " exit 1; }}"


rule assemble_store:
    input:
        sites=get_sites,
        ranges=get_ranges,
    output:
        built=temp("results/.built/{cohort}/{n}.{key}.h5"),
    log:
        "logs/assemble_store/{cohort}/{n}.{key}.log",
    benchmark:
        "logs/assemble_store/{cohort}/{n}.{key}.benchmark.tsv"
    wildcard_constraints:
        cohort="|".join(map(re.escape, COHORTS)),
        n=r"\d+",
        key=KEY,
    conda:
        "../envs/methcohort.yaml"
    resources:
        mem_mb=get_assemble_mem,
        runtime=get_runtime,
    params:
        umask=get_umask,
        memory=get_memory,
    shell:
        "{{ umask {params.umask};"
        " methcohort scatter assemble --sites {input.sites:q} --output {output.built:q}"
        " --memory {params.memory} {input.ranges:q}; }} 2>&1 | tee {log:q}"
        " || {{ for part in {input.sites:q} {input.ranges:q}; do"
        ' if grep -F "$part: " {log:q} | grep -q "; remove it"; then rm -f "$part";'
        ' echo "$part is removed; run again, which makes it again" | tee -a {log:q}; fi; done;'
        " exit 1; }}"
