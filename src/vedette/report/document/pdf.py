"""A report as PDF, tagged for screen readers, by typst. What it says is JSON that the template reads: data, never markup."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from vedette.report.document.blocks import Block

TEMPLATE: Final = Path(__file__).with_name("report.typ")


def render(blocks: Sequence[Block]) -> bytes:
    """The document. Only the fonts that typst carries are used, so that it is the same on every machine."""
    import typst  # 80 MB: loaded by who writes a PDF

    data = msgspec.json.encode(list(blocks)).decode()
    compiler = typst.Compiler(TEMPLATE.read_bytes(), ignore_system_fonts=True, sys_inputs={"blocks": data})
    made = compiler.compile(format="pdf", pdf_standards="ua-1")
    return made if isinstance(made, bytes) else b"".join(made or ())
