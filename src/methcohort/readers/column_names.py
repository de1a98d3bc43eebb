"""What the name of a column says that it holds.

Callers and people name columns in many ways; a name that can mean several things says nothing.
"""

import re
from typing import Final

_BREAKS: Final = re.compile(r"[^a-z0-9%]+")
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WHOLE: Final = {
    "chr": "chr chrom chrm chromosome seqname seqnames seqid contig scaffold chrname refname rname",
    "pos": "pos position start chromstart begin site loc location coordinate bp startpos posstart "
    "startposition pos1",
    "end": "end stop chromend endpos posend endposition",
    "strand": "strand",
    "context": "context ctx sequencecontext ccontext",
    "level": "level pct percent percentage perc beta betavalue freqc methylation methylationlevel "
    "methlevel ratio fraction frequency freq methratio mcratio methrate beta_est betaest rate "
    "discretizedmodscore modfreq modlevel",
    "c": "c m x mc methyc methy numcs ncs ccount cs",
    "t": "t u numts nts tcount ts un um",
    "n": "n total all nreads allreads totalc totalcount totalreads readcount numreads "
    "numberofreads reads ct ctcount sumcount",
}
_ROLES: Final = {name: role for role, names in _WHOLE.items() for name in names.split()}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NO_MATTER: Final = _words(
    "n num number nr count counts read reads of est called sites calls call valid total all"
)
_SHARE: Final = _words(
    "percent percentage pct perc fraction frequency freq ratio level rate methylation %"
)
_METHYLATED: Final = _words("meth methyl methylated mod modified mc")
_UNMETHYLATED: Final = _words(
    "unmeth unmethyl unmethylated umeth unmod unmodified nonmethylated canonical converted"
)
_ALL: Final = _words("coverage cov depth")


def role_of_name(name: str) -> str:
    """Return the role of a column that is named so; empty where the name does not tell.

    The role is `chr`, `pos`, `end`, `strand`, `context`, `c`, `t`, `n` or, for percentages and
    fractions, `level`.
    """
    spaced = _CAMEL.sub("_", name).lower().replace("%", " % ")
    words = [word for word in _BREAKS.split(spaced) if word]
    role = _ROLES.get("".join(words))
    if role:
        return role
    if {*words} & _SHARE:
        return "level" if {*words} - _SHARE - _NO_MATTER <= _METHYLATED else ""
    rest = {*words} - _NO_MATTER
    for role, known in (("c", _METHYLATED), ("t", _UNMETHYLATED), ("n", _ALL)):
        if rest and rest <= known:
            return role
    return ""
