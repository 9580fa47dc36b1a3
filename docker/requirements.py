"""Print categories of Pipfile.lock as requirements with hashes, which pip alone can install."""

import json
import sys
from pathlib import Path

lock, *categories = sys.argv[1:]
document = json.loads(Path(lock).read_text(encoding="utf-8"))
found = {name: entry for category in categories for name, entry in document[category].items()}
for name, entry in sorted(found.items()):
    extras = f"[{','.join(entry['extras'])}]" if entry.get("extras") else ""
    marker = f" ; {entry['markers']}" if entry.get("markers") else ""
    hashes = "".join(f" --hash={digest}" for digest in entry["hashes"])
    sys.stdout.write(f"{name}{extras}{entry['version']}{marker}{hashes}\n")
