"""Print the API's OpenAPI document; for `npm run gen`."""

import json
import sys
import tempfile
from pathlib import Path

from vedette.api.app import create
from vedette.config.tree import Tree
from vedette.store.store import open_store

with tempfile.TemporaryDirectory() as folder, open_store(Path(folder)) as store:
    json.dump(create(Tree(data_dir=Path(folder)), store).openapi(), sys.stdout)
