"""One JSON object a line. Which program wrote it is found from its keys: see documents/.

Source: RFC 8259; https://jsonlines.org.
"""

from typing import Final

ORDER: Final = 10
NESTED: Final = True
DOCUMENTS: Final = True
SIGN: Final = r"^\s*\{"
ENDS: Final = r"\}\s*$"
"""Asked apart from SIGN: one expression for both would walk over all that stands between them."""
