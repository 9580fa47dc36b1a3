"""Whether the links of the docs lead somewhere: files and headings always, other sites with --online."""

import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 20  # to wait for another site
REFUSED = (401, 403, 405, 429)  # it is there, but not for a script

_FENCE = re.compile(r"^ {0,3}(```|~~~).*?^ {0,3}\1[ \t]*$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_INLINE = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\(\s*<?([^)\s>]+)>?(?:\s+(?:\"[^\"]*\"|'[^']*'))?\s*\)")
_REFERENCE = re.compile(r"^ {0,3}\[[^\]]+\]:\s*<?(\S+?)>?(?:\s+[\"'(].*)?$", re.MULTILINE)
_HTML = re.compile(r"<(?:a|img)\b[^>]*?\b(?:href|src)=[\"']([^\"']+)[\"']", re.IGNORECASE)
_AUTOLINK = re.compile(r"<(https?://[^>\s]+)>")
_HEADING = re.compile(r"^ {0,3}#{1,6}\s+(.+?)(?:\s+#+)?\s*$", re.MULTILINE)
_ANCHOR = re.compile(r"<[a-z]+\b[^>]*?\b(?:id|name)=[\"']([^\"']+)[\"']", re.IGNORECASE)


def main(words: list[str]) -> int:
    """Print every broken link with its file and line; 1 if there is one, 2 for a wrong command line."""
    if unknown := [word for word in words if word != "--online"]:
        sys.stderr.write(f"unknown argument {unknown[0]}; there is only --online\n")
        return 2
    found = [(path, line, target) for path in documents() for line, target in links_of(path)]
    external = [link for link in found if link[2].startswith(("http://", "https://"))]
    broken = [(path, line, reason) for path, line, target in found if (reason := why_broken(path, target))]
    if "--online" in words:
        addresses = list(dict.fromkeys(target.partition("#")[0] for *_, target in external))
        with ThreadPoolExecutor(max_workers=8) as pool:
            silent = dict(zip(addresses, pool.map(why_silent, addresses), strict=True))
        broken += [
            (path, line, f"{target}: {reason}")
            for path, line, target in external
            if (reason := silent[target.partition("#")[0]])
        ]
    for path, line, reason in sorted(broken):
        sys.stdout.write(f"{path.relative_to(ROOT)}:{line}: {reason}\n")
    asked = "asked" if "--online" in words else "not asked; --online asks them"
    sys.stdout.write(f"{len(found)} links, {len(broken)} broken; {len(external)} to other sites, {asked}\n")
    return 1 if broken else 0


def documents() -> list[Path]:
    """Every Markdown file that git does not ignore; outside a repository, every one not in a dot folder."""
    words = [
        "git",
        "-C",
        str(ROOT),
        "ls-files",
        "-co",
        "--exclude-standard",
        "--deduplicate",
        "-z",
        "--",
        "*.md",
    ]
    try:
        names = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split("\0")
        paths = [ROOT / name for name in names if name]
    except (OSError, subprocess.CalledProcessError):
        paths = [
            path
            for path in ROOT.rglob("*.md")
            if not any(part.startswith(".") for part in path.parts[len(ROOT.parts) :])
        ]
    return sorted(path for path in paths if path.is_file())


def links_of(path: Path) -> Iterator[tuple[int, str]]:
    """Line and target of every link and image in the document; code is left out."""
    text = _without_code(path.read_text(encoding="utf-8"))
    for pattern in (_INLINE, _REFERENCE, _HTML, _AUTOLINK):
        for match in pattern.finditer(text):
            yield text.count("\n", 0, match.start(1)) + 1, match[1]


def why_broken(document: Path, target: str) -> str | None:
    """What is wrong with a link to a file or a heading; None for one that is right, or leads elsewhere."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", target):
        return None
    name, _, anchor = target.partition("#")
    place = (ROOT if name.startswith("/") else document.parent) / unquote(name).lstrip("/") if name else document
    place = place.resolve()
    if not place.is_relative_to(ROOT):
        return f"{target}: leads out of the project"
    if not place.exists():
        return f"{target}: there is no {place.relative_to(ROOT)}"
    if anchor and place.suffix == ".md" and unquote(anchor).lower() not in anchors_of(place):
        return f"{target}: {place.relative_to(ROOT)} has no such heading"
    return None


def anchors_of(path: Path) -> set[str]:
    """The anchors of a document, as code hosts make them from its headings."""
    text = _COMMENT.sub("", _FENCE.sub("", path.read_text(encoding="utf-8")))
    return {*_slugs(_HEADING.findall(text)), *(name.lower() for name in _ANCHOR.findall(text))}


def _slugs(headings: Iterable[str]) -> Iterator[str]:
    seen = Counter[str]()
    for heading in headings:
        words = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", re.sub(r"<[^>]+>", "", words).strip().lower()).replace(" ", "-")
        yield f"{slug}-{seen[slug]}" if seen[slug] else slug
        seen[slug] += 1


def _without_code(text: str) -> str:
    """The text with code and comments blanked, line by line, so that line numbers stay right."""

    def blank(match: re.Match[str]) -> str:
        return re.sub(r"[^\n]", " ", match[0])

    return _CODE.sub(blank, _COMMENT.sub(blank, _FENCE.sub(blank, text)))


def why_silent(address: str) -> str | None:
    """What another site answers that is not the page; None for the page, or a refusal of scripts."""
    for method in ("HEAD", "GET"):
        request = urllib.request.Request(  # noqa: S310 - only http and https come here
            address, method=method, headers={"User-Agent": "Mozilla/5.0 (link check)"}
        )
        try:
            with urllib.request.urlopen(request, timeout=SECONDS):  # noqa: S310  # nosec B310  # http and https alone come here
                return None
        except urllib.error.HTTPError as error:
            if error.code in REFUSED:
                return None
            reason = f"answers {error.code}"
        except (OSError, ValueError) as error:
            reason = f"does not answer ({error})"
    return reason


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
