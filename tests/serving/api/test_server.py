"""The server as a process: it starts, follows the registry, keeps small, and ends as it should."""

import json
import shutil
import signal
import socket
import subprocess
import sys
import threading

import httpx
import pytest

from app.cli import main
from app.layout import PackageFolder
from app.serving.registry.registry import Decision, Registry
from tests.conftest import PROJECT
from tests.serving.api.graphs import make_package
from tests.serving.api.serving import run_server, wait_until

HEAVY = ("torch", "transformers", "datasets", "pandas", "pyarrow", "sklearn", "scipy", "matplotlib", "wandb", "onnx")


@pytest.fixture
def registry(tmp_path):
    """One model in two versions, the first of them champion."""
    registry = Registry(str(tmp_path / "registry"))
    for number in (1, 2):
        folder = make_package(tmp_path / f"made-{number}", seed=number)
        registry.add("mail", folder, alias="champion" if number == 1 else "candidate")
    return registry


def promote(registry, number):
    decision = Decision(kind="promoted", version=number, against=1, reason="better", figures={})
    registry.decide("mail", lambda _: decision)


def test_the_champion_is_served_followed_under_load_and_ended_without_a_request_lost(tmp_path, registry):
    statuses, versions, stop = [], [], threading.Event()

    def load(address):
        with httpx.Client(base_url=address) as client:
            while not stop.is_set():
                answer = client.post("/v1/predict", json={"text": "where is my card"})
                statuses.append(answer.status_code)
                versions.append(answer.json()["model"]["version"])

    with run_server(tmp_path) as server:
        threads = [threading.Thread(target=load, args=(server.address,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        wait_until(lambda: len(versions) > 20)
        promote(registry, 2)
        wait_until(lambda: versions[-1] == 2)
        stop.set()
        for thread in threads:
            thread.join()
        assert set(statuses) == {200}
        assert set(versions) == {1, 2}
    events = [line["event"] for line in server.lines()]
    assert events[0] == "start"
    assert events[-1] == "end"
    assert events.count("model") == 2
    assert (tmp_path / "served" / "mail" / "predictions.db").exists()


def test_a_request_under_way_is_answered_before_the_end(tmp_path, packages):
    with run_server(tmp_path, "--model", str(packages("causal-lm").path)) as server:
        with httpx.stream("POST", f"{server.address}/v1/generate", json={"length": 1000, "stream": True}) as answer:
            lines = answer.iter_lines()
            next(lines)
            server.process.send_signal(signal.SIGTERM)
            last = json.loads(list(lines)[-1])
        assert last["model"]["name"] == "mail"
        assert server.process.wait(10) == 0


def test_who_connects_and_asks_nothing_is_let_go_of(tmp_path, packages):
    soon = "import app.serving.api.running as running; running.HEAD_SECONDS = 0.5"
    with run_server(tmp_path, "--model", str(packages("text-classification").path), before=soon) as server:
        host, port = server.address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), 10) as silent, httpx.Client() as asking:
            assert asking.get(f"{server.address}/readyz").status_code == 200
            silent.sendall(b"GET /readyz HTTP/1.1\r\n")  # and no more
            assert silent.recv(1) == b""
            assert asking.get(f"{server.address}/readyz").status_code == 200  # on the connection that it had


def test_an_interrupt_ends_it_as_well(tmp_path, packages):
    with run_server(tmp_path, "--model", str(packages("text-classification").path), key="k") as server:
        assert httpx.get(f"{server.address}/readyz").text == "ready\n"
        assert httpx.post(f"{server.address}/v1/predict", json={"text": "card"}).status_code == 401
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(10) == 0


def test_it_imports_nothing_heavy_and_stays_small(tmp_path, packages):
    """A server in this very form, which says at its end what it has imported and held."""
    program = tmp_path / "program.py"
    program.write_text(
        "import json, sys\n"
        "from pathlib import Path\n"
        "from app.cli import main\n"
        f"words = ['serve', '--port', '0', '--model', {str(packages('text-classification').path)!r}]\n"
        "code = main(words)\n"
        "held = [line for line in Path('/proc/self/status').read_text().splitlines() if line.startswith('VmHWM')]\n"
        f"heavy = [name for name in {HEAVY!r} if name in sys.modules]\n"
        "print(json.dumps({'code': code, 'held': int(held[0].split()[1]), 'heavy': heavy}))\n"
    )
    process = subprocess.Popen(
        [sys.executable, program], cwd=tmp_path, env={"PYTHONPATH": str(PROJECT)}, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    address = process.stdout.readline().split()[-1]
    assert httpx.post(f"{address}v1/predict", json={"text": "card"}).status_code == 200
    process.send_signal(signal.SIGTERM)
    told = json.loads(process.communicate(timeout=20)[0])
    assert told["code"] == 0
    assert told["heavy"] == []
    assert told["held"] < 200 * 1024  # kB, without a model to speak of


def refuse(words, capsys) -> str:
    assert main(["serve", *map(str, words)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err


def test_a_port_in_use_is_named(here, packages, capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        message = refuse(["--model", packages("text-classification").path, "--port", port], capsys)
    assert f"--port {port}: cannot be used at 127.0.0.1 (Address already in use)" in message


def test_an_unknown_model_or_version_is_told_what_there_is(tmp_path, registry, capsys):
    root = tmp_path / "registry"
    assert "there are mail" in refuse(["--registry", root, "--model", "post@champion", "--port", 0], capsys)
    message = refuse(["--registry", root, "--model", "mail@7", "--port", 0], capsys)
    assert "has no version 7" in message
    assert "versions 1, 2" in message
    assert "there is no model in it" in refuse(["--registry", tmp_path / "none", "--port", 0], capsys)


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "manifest.json"])
def test_a_changed_byte_is_refused(tmp_path, packages, capsys, name):
    folder = PackageFolder(shutil.copytree(packages("text-classification").path, tmp_path / "copy"))
    path = folder.path / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    message = refuse(["--model", folder.path, "--port", 0, "--served", tmp_path / "served"], capsys)
    assert str(path) in message
    assert not (tmp_path / "served").exists()


def test_what_cannot_be_served_is_refused(here, packages, capsys):
    assert "has no answers that could be served" in refuse(["--model", packages("masked-lm").path, "--port", 0], capsys)


def test_it_opens_itself_to_others_only_with_a_key_or_when_told(here, packages, capsys, monkeypatch):
    words = ["--model", packages("text-classification").path, "--port", 0, "--host", "0.0.0.0"]
    monkeypatch.delenv("APP_API_KEY", raising=False)
    assert "set a key in APP_API_KEY, or say --open" in refuse(words, capsys)
    monkeypatch.setenv("APP_API_KEY", "with a space")
    assert "without spaces" in refuse(words, capsys)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--threads", "0"], "--threads 0: must be 1 or more"),
        (["--port", "70000"], "--port 70000: must be between 0 and 65535"),
        (["--host", "no.such.host.invalid", "--open"], "--host no.such.host.invalid: is no address of this machine"),
    ],
)
def test_words_that_make_no_sense_are_told(here, capsys, words, message):
    assert message in refuse(words, capsys)
