"""Records of a Windows event log file, as JSON from the evtx reader; the collector names this format.

Source: records_json() of the evtx crate.
"""

from typing import Final

ORDER: Final = 9
DOCUMENTS: Final = True
SIGN: Final = r'^\{\s*"Event":\s*\{'
