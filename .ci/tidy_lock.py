"""Take out of a Pipfile.lock what belongs to one machine: package indexes, and the category that is not locked."""

import json
import sys
from pathlib import Path

lock = Path(sys.argv[1])
document = json.loads(lock.read_text(encoding="utf-8"))
document["_meta"]["sources"] = []
document.pop("torch", None)
for category in ("default", "develop"):
    for package in document[category].values():
        package.pop("index", None)
lock.write_text(json.dumps(document, indent=4) + "\n", encoding="utf-8")
