"""Take out of a Pipfile.lock what belongs to one machine: indexes, the category that is not locked; and twins."""

import json
import sys
from pathlib import Path

lock = Path(sys.argv[1])
document = json.loads(lock.read_text(encoding="utf-8"))
document["_meta"]["sources"] = []
for unlocked in ("torch", "dvc"):
    document.pop(unlocked, None)
default = document["default"]
for name, category in document.items():
    if name == "_meta":
        continue
    for package in category.values():
        package.pop("index", None)
    if name in ("serve", "lambda"):  # it is installed by itself: what the API runs on is what the rest is tested with
        same = ("version", "hashes", "markers")
        for key, entry in category.items():
            entry.pop("extras", None)  # they are the rest's, which holds this category to its versions
            entry.update({part: default[key][part] for part in same if part in default.get(key, {})})
    elif name not in ("default", "develop"):  # an optional category is installed beside the default one
        document[name] = {key: entry for key, entry in category.items() if key not in default}
lock.write_text(json.dumps(document, indent=4) + "\n", encoding="utf-8")
