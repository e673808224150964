"""Secrets are taken out of texts before anything leaves: keys, tokens, passwords. What is taken is counted, never kept."""

from typing import Final

import polars as pl

GONE: Final = "<secret>"
_NAMES: Final = (
    r"pass(?:word|wd|phrase)?|secret|token|api[_.-]?key|access[_.-]?key|private[_.-]?key|client[_.-]?secret|authorization"
    r"|credentials?|session[_.-]?(?:id|key)?|sessid|set-cookie|cookie|sig|otp|pin|jwt|bearer"
)
_VALUE: Final = r"[^\s\"'&;,<>|)}}\]]"
# Programs that take a password behind -p, which elsewhere is a port, a path or nothing.
_P: Final = (
    r"sshpass|mongo(?:sh|dump|restore|export|import)?|psexec(?:64)?(?:\.exe)?|winrs|plink(?:\.exe)?|pscp(?:\.exe)?"
    r"|evil-winrm|crackmapexec|netexec|nxc|hydra|(?:docker|podman|helm|oc) login|svn|wmiexec(?:\.py)?"
)
_ARGUMENTS: Final = r"\b[^|;&]*?\s"
_RULES: Final = (
    (r"(?i)\b(bearer|basic|digest|negotiate)[ :]+[\w.~+/=-]{8,}", f"${{1}} {GONE}"),
    (r"eyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?", GONE),
    (r"\b(?:AKIA|ASIA|AROA|AIDA)[0-9A-Z]{12,}", GONE),
    (r"\b(?:gh[opsur]_|github_pat_|glpat-|xox[a-z]-|sk-|pk_live_|sk_live_|rk_live_|AIza|npm_|dop_v1_|hf_)[\w-]{12,}", GONE),
    (r"([A-Za-z][A-Za-z0-9+.-]{1,15}://[^\s/:@\"']{0,200}):[^\s/@\"']{1,200}@", f"${{1}}:{GONE}@"),
    (r"(?i)((?:^|[\s\"',({\[])(?:set-)?cookie[\"']?: ?[\"']?)[^\"']+", f"${{1}}{GONE}"),
    (rf"(?i)((?:[\w.-]*(?:{_NAMES}))[\"']?\s*(?:=|:|%3d|=>)\s*[\"']?){_VALUE}+", f"${{1}}{GONE}"),
    # PWD is a folder, too; and the signature of an intrusion detection system is a name.
    (rf"(?i)((?:[\w.-]*pwd)[\"']?\s*(?:=|:)\s*[\"']?)[^\s\"'&;,<>|)}}\]/~.]{_VALUE}*", f"${{1}}{GONE}"),
    (r"(?i)(signature[\"']?\s*(?:=|:)\s*[\"']?)[0-9A-Za-z_%+/=-]{20}[0-9A-Za-z_%+/=-]*", f"${{1}}{GONE}"),
    (r"(?i)(\s--?(?:pass|password|passwd|token|secret|api-?key)[= ][\"']?)[^\s\"']{3}[^\s\"']*", f"${{1}}{GONE}"),
    (rf"(?i)(\b(?:{_P}){_ARGUMENTS}-(?:pw|p)[ =:]?[\"']?)[^\s\"']+", f"${{1}}{GONE}"),
    (rf"(?i)(\b(?:mysql|mariadb)(?:-?dump|admin|import|check)?{_ARGUMENTS}-p[\"']?)[^\s\"']+", f"${{1}}{GONE}"),
    (rf"(\b(?:redis-cli{_ARGUMENTS}-a|ldap[a-z]{{2,10}}{_ARGUMENTS}-w) ?[\"']?)[^\s\"']+", f"${{1}}{GONE}"),
    (
        rf"(\bcurl(?:\.exe)?{_ARGUMENTS}(?:-[a-zA-Z]{{0,6}}u|-U|--user|--proxy-user)[ =]?[\"']?[^\s:\"'/-][^\s:\"'/]*):[^\s\"']+",
        f"${{1}}:{GONE}",
    ),
    (r"(\s(?:-U|--user)[ =]?[\"']?[^\s%\"']+%)[^\s\"']+", f"${{1}}{GONE}"),
    (r"(?i)(\bnet1?(?:\.exe)?[\"']?\s+user\s+[\"']?[^\s\"'/]+[\"']?\s+[\"']?)[^\s\"'/*][^\s\"']*", f"${{1}}{GONE}"),
    (r"(?i)(\bnet1?(?:\.exe)?[\"']?\s+use\s+(?:[a-z]:\s+|\*\s+)?\\\\\S+\s+[\"']?)[^\s\"'/*][^\s\"']*(\s+/u)",
     f"${{1}}{GONE}${{2}}"),
    (r"-----BEGIN [A-Z ]*PRIVATE KEY.*", GONE),
)  # fmt: skip
_BEGIN: Final = r"-----BEGIN [A-Z ]*PRIVATE KEY"
_END: Final = r"-----END [A-Z ]*PRIVATE KEY"
LONGEST_KEY: Final = 200
"""Lines that a private key may have; where no end comes, so many are taken out."""


def redact(texts: pl.Series) -> tuple[pl.Series, int]:
    """(texts without secrets, how many were changed). Linear in the length of the texts."""
    inside = _inside(texts)
    plain = texts
    for pattern, by in _RULES:
        plain = plain.str.replace_all(pattern, by)
    if inside.any():
        plain = pl.select(pl.when(inside).then(pl.lit(GONE)).otherwise(plain)).to_series()
    return plain.alias(texts.name), int((plain != texts).sum())


def _inside(texts: pl.Series) -> pl.Series:
    """Whether each line is within a private key that spans several."""
    begins, ends = texts.str.contains(_BEGIN), texts.str.contains(_END)
    out = pl.repeat(False, len(texts), eager=True)
    if not begins.any():
        return out
    marks = ends.to_list()
    rows: list[int] = []
    for start in begins.arg_true().to_list():
        end = start if _one_line(texts[start]) else start + LONGEST_KEY
        stop = next((at for at in range(start, min(start + LONGEST_KEY, len(marks))) if marks[at]), end)
        rows += range(start, min(stop + 1, len(marks)))
    return out.scatter(sorted(set(rows)), True)


def _one_line(text: str) -> bool:
    return "-----END" in text or len(text) > 400
