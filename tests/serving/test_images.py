"""The images and what starts them: what their files say is there, and the API's steps give something that serves."""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
import yaml

from tests.conftest import PROJECT

DOCKER = PROJECT / "docker"
IMAGES = sorted(DOCKER.glob("*.Dockerfile"))
COMPOSE = yaml.safe_load((PROJECT / "compose.yaml").read_text(encoding="utf-8"))
LOCK = json.loads((PROJECT / "Pipfile.lock").read_text(encoding="utf-8"))


def steps_of(path: Path) -> list[tuple[str, str]]:
    """Each instruction of a Dockerfile and what stands behind it, lines joined."""
    text = re.sub(r"^#.*\n", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE).replace("\\\n", " ")
    return [tuple(line.split(None, 1)) for line in text.splitlines() if line.strip()]


def requirements(*categories: str) -> list[str]:
    words = [sys.executable, str(DOCKER / "requirements.py"), str(PROJECT / "Pipfile.lock"), *categories]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()


@pytest.mark.parametrize("image", IMAGES, ids=lambda path: path.name)
def test_what_an_image_copies_is_there_and_is_sent_to_its_build(image):
    sent = (PROJECT / ".dockerignore").read_text(encoding="utf-8").split()
    for name, rest in steps_of(image):
        if name == "COPY" and "--from" not in rest:
            for source in rest.replace("${MODEL}", "registry").split()[:-1]:
                assert source == "registry" or (PROJECT / source).exists()
                assert f"!{source.split('/')[0]}" in sent


@pytest.mark.parametrize("image", IMAGES, ids=lambda path: path.name)
def test_an_image_runs_as_nobody_in_particular(image):
    users = [rest for name, rest in steps_of(image) if name == "USER"]
    assert users == ["10001:10001"]


def test_the_api_is_installed_without_torch_in_the_versions_that_are_tested():
    for name, entry in LOCK["serve"].items():
        assert entry["version"] == LOCK["default"][name]["version"]
    assert not {"torch", "transformers", "datasets", "pandas", "pyarrow", "wandb"} & set(LOCK["serve"])
    lines = requirements("serve")
    assert len(lines) == len(LOCK["serve"])
    assert all("--hash=sha256:" in line for line in lines)


def test_what_compose_mounts_is_there_and_nothing_listens_to_other_machines():
    for service in COMPOSE["services"].values():
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            made_by_use = source in ("./registry", "./served") or source in COMPOSE["volumes"]
            assert made_by_use or (PROJECT / source).is_file()
    api = COMPOSE["services"]["api"]
    assert api["read_only"] is True
    assert api["cap_drop"] == ["ALL"]


def test_the_dashboard_asks_for_figures_that_the_api_has():
    from app.serving.api.metrics import Metrics

    metrics = Metrics()
    known = {sample for family in metrics.registry.collect() for sample in names_of(family)}
    dashboard = json.loads((DOCKER / "grafana" / "api.json").read_text(encoding="utf-8"))
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    found = {name for words in asked for name in re.findall(r"\b(?:serving|process)_\w+", words)}
    assert len(found) > 10
    assert found <= known


def names_of(family) -> set[str]:
    suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}.get(family.type, [""])
    return {family.name + suffix for suffix in suffixes}


@pytest.mark.slow
def test_the_steps_of_the_api_image_give_something_that_serves(tmp_path, package):
    """Without an engine: in a folder that stands for the image's root, by this Python."""
    root = tmp_path / "image"
    place = {"/build": root / "build", "/venv": root / "venv", "/srv": root / "srv"}

    def inside(words: str) -> str:
        return re.sub(r"(?<![\w.:/])/(build|venv|srv)\b", lambda found: str(place[found[0]]), words)

    folder, entry, environment = root, [], dict(os.environ)
    environment.pop("PYTHONPATH", None)
    for name, rest in steps_of(DOCKER / "api.Dockerfile"):
        if name == "WORKDIR":
            folder = Path(inside(rest))
            folder.mkdir(parents=True, exist_ok=True)
        elif name == "ENV":
            environment |= dict(word.split("=", 1) for word in shlex.split(rest))
        elif name == "COPY" and "--from" not in rest:
            *sources, target = rest.split()
            for source in sources:
                wanted = folder / target if not target.endswith("/") else folder / Path(source).name
                path = PROJECT / source
                (shutil.copytree if path.is_dir() else shutil.copyfile)(path, wanted)
        elif name == "RUN":
            words = (
                inside(rest).replace("python ", f"{sys.executable} ", 1).replace("&& python ", f"&& {sys.executable} ")
            )
            subprocess.run(words, shell=True, cwd=folder, env=environment, check=True, timeout=600)
        elif name == "ENTRYPOINT":
            entry = json.loads(inside(rest))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    changed = {"0.0.0.0": "127.0.0.1", "8000": str(port), "/registry": str(tmp_path), "/served": str(tmp_path / "s")}
    words = [changed.get(word, word) for word in entry]
    with subprocess.Popen([*words, "--model", str(package.path)], cwd=folder, env=environment) as server:
        try:
            answer = ask(f"http://127.0.0.1:{port}/v1/predict", {"text": "The keys are rusty."})
            assert answer["model"]["name"] == "tiny"
        finally:
            server.send_signal(signal.SIGTERM)
        assert server.wait(20) == 0


def ask(url: str, body: dict[str, str]) -> dict:
    """The answer, as soon as there is one."""
    until = time.monotonic() + 30
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    while True:
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.load(answer)
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
