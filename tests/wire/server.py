"""A W&B for tests, on loopback: as much of its HTTP as the real `wandb` 0.31 uses for sweeps, agents and runs.

What it was sent is kept for tests to look at: the runs with their settings, history, summary, files and exit codes,
and the sweeps with their agents. It can be told to be slow, to answer 500, or to be away.
"""

import contextlib
import gzip
import itertools
import json
import re
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import yaml

ENTITY, PROJECT, SWEEP, KEY = "team", "tests", "abcd1234", "0123456789" * 4


@dataclass
class Run:
    """What the server knows of one run."""

    name: str
    sweep: str = ""
    group: str = ""
    display_name: str = ""
    config: dict[str, Any] = field(default_factory=dict)
    history: dict[int, dict[str, Any]] = field(default_factory=dict)  # by line
    summary: dict[str, Any] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)
    artifacts: set[str] = field(default_factory=set)  # type:name
    exit_code: int | None = None
    starts: int = 0

    def series(self, metric: str) -> list[float]:
        """The values of a metric in the order in which they were logged."""
        return [row[metric] for _, row in sorted(self.history.items()) if metric in row]


class Server:
    """Use as a context; `url` and `environment()` lead the real wandb to it."""

    def __init__(self) -> None:
        self.runs: dict[str, Run] = {}
        self.sweep: dict[str, Any] = {}
        self.waiting: list[dict[str, Any]] = []  # what agents are yet to run, of a grid: name -> value
        self.stop_after: dict[str, int] = {}  # run -> epochs after which hyperband stops it
        self.stopped: set[str] = set()
        self.failing = False  # answers 500
        self.delay = 0.0  # seconds before each answer
        self.requests: list[str] = []
        self.on_request = lambda name: None
        self._numbers = itertools.count(1)
        self._lock = threading.RLock()
        self._http: ThreadingHTTPServer | None = None
        self._port = 0
        self._states: dict[str, str] = {}

    def __enter__(self) -> "Server":
        self.appear()
        return self

    def __exit__(self, *_: object) -> None:
        self.vanish()

    def appear(self) -> None:
        """Listen; at the same place as before, if it was there before."""
        self._http = ThreadingHTTPServer(("127.0.0.1", self._port), _handler(self))
        self._http.daemon_threads = True
        self._port = self._http.server_address[1]
        threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True).start()

    def vanish(self) -> None:
        """Be gone: connections are refused from now on."""
        if self._http is not None:
            self._http.shutdown()
            self._http.server_close()
            self._http = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def environment(self) -> dict[str, str]:
        """What a process needs in its environment to take this for W&B."""
        return {"WANDB_BASE_URL": self.url, "WANDB_API_KEY": KEY, "WANDB_MODE": "online", "WANDB_ENTITY": ENTITY}

    def answer(self, name: str, given: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            self.requests.append(name)
            self.on_request(name)
            act = getattr(self, "_answer_" + re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower(), None)
            return act(given) if act else {}

    def stream(self, run: str, body: dict[str, Any]) -> None:
        """Lines of history and the like, and in the end the exit code."""
        with self._lock:
            known = self._run(run)
            for file, content in (body.get("files") or {}).items():
                if file == "wandb-history.jsonl":
                    for line, text in enumerate(content["content"], start=content["offset"]):
                        known.history[line] = json.loads(text)
                elif file == "wandb-summary.json":
                    known.summary.update(json.loads(content["content"][-1]))
            if body.get("complete"):
                known.exit_code = body.get("exitcode")

    def keep(self, path: str) -> None:
        """A file of a run has come."""
        with self._lock:
            _, _, run, file = path.split("/", 3)
            self._run(run).files.add(file)

    def _run(self, name: str) -> Run:
        return self.runs.setdefault(name, Run(name))

    # one method for each operation of the protocol that matters here; to all others the answer is empty

    def _answer_viewer(self, _: dict[str, Any]) -> dict[str, Any]:
        none: dict[str, Any] = {"edges": []}
        names = {"entity": ENTITY, "username": "tester", "name": "tester", "email": "tester@example.org"}
        return {"viewer": {"id": "VXNlcg==", "flags": "{}", "teams": none, "apiKeys": none, "admin": False, **names}}

    def _answer_upsert_sweep(self, given: dict[str, Any]) -> dict[str, Any]:
        self.sweep = yaml.safe_load(given["config"])
        axes = {name: entry.get("values", [entry.get("value")]) for name, entry in self.sweep["parameters"].items()}
        self.waiting = [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]
        sweep = {"id": "U3dlZXA=", "name": SWEEP, "project": _project()}
        return {"upsertSweep": {"sweep": sweep, "configValidationWarnings": []}}

    def _answer_sweep_with_runs(self, _: dict[str, Any]) -> dict[str, Any]:
        nothing = dict.fromkeys(("heartbeatAt", "updatedAt", "controller", "scheduler", "bestLoss", "description"))
        sweep = {"id": "U3dlZXA=", "name": SWEEP, "method": self.sweep["method"], "state": "RUNNING", **nothing}
        sweep |= {"config": yaml.safe_dump(self.sweep), "createdAt": "2026-01-01T00:00:00", "displayName": "sweep"}
        return {"project": {"sweep": {**sweep, "earlyStopJobRunning": False, "runs": {"edges": []}, "runCount": 0}}}

    def _answer_create_agent(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"createAgent": {"agent": {"id": "QWdlbnQ="}}}

    def _answer_heartbeat(self, given: dict[str, Any]) -> dict[str, Any]:
        under_way = json.loads(given["runState"])
        commands: list[dict[str, Any]] = []
        for run in under_way:
            epochs = len(self._run(run).series("eval_loss"))
            if run in self.stopped or epochs >= self.stop_after.get(run, 10**9):
                self.stopped.add(run)
                commands.append({"type": "stop", "run_id": run})
        if not under_way:
            if self.waiting:
                arguments = {name: {"value": value} for name, value in self.waiting.pop(0).items()}
                run = f"run{next(self._numbers):05}"
                commands.append({"type": "run", "run_id": run, "program": self.sweep["program"], "args": arguments})
            else:
                commands.append({"type": "exit"})
        return {"agentHeartbeat": {"agent": {"id": "QWdlbnQ="}, "commands": json.dumps(commands)}}

    def _answer_upsert_bucket(self, given: dict[str, Any]) -> dict[str, Any]:
        run = self._run(given["name"])
        is_new = run.starts == 0
        run.starts += 1
        run.sweep, run.group = given.get("sweep") or run.sweep, given.get("groupName") or run.group
        run.display_name = given.get("displayName") or run.display_name
        run.config |= {name: entry.get("value") for name, entry in json.loads(given.get("config") or "{}").items()}
        names = {"id": "UnVu", "name": run.name, "displayName": run.display_name, "sweepName": run.sweep or None}
        bucket = {**names, "description": "", "config": "{}", "project": _project(), "historyLineCount": 0}
        return {"upsertBucket": {"bucket": bucket, "inserted": is_new}}

    def _answer_create_run_files(self, given: dict[str, Any]) -> dict[str, Any]:
        files = [{"name": name, "uploadUrl": f"{self.url}/upload/{given['run']}/{name}"} for name in given["files"]]
        return {"createRunFiles": {"runID": "UnVu", "uploadHeaders": [], "files": files}}

    def _answer_artifact_type(self, given: dict[str, Any]) -> dict[str, Any]:
        return {"project": {"artifact": None}}

    def _answer_create_artifact(self, given: dict[str, Any]) -> dict[str, Any]:
        asked = given["input"]
        self._run(asked["runName"]).artifacts.add(f"{asked['artifactTypeName']}:{asked['artifactCollectionName']}")
        sequence = {"id": "U2Vx", "latestArtifact": None}
        artifact = {"id": "QXJ0", "digest": asked["digest"], "state": "COMMITTED", "versionIndex": 0}
        return {"createArtifact": {"artifact": {**artifact, "artifactSequence": sequence}}}


def _project() -> dict[str, Any]:
    return {"id": "UHJv", "name": PROJECT, "entity": {"id": "RW50", "name": ENTITY}}


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def handle(self) -> None:
            with contextlib.suppress(ConnectionResetError):  # who asks may end at any time
                super().handle()

        def do_POST(self) -> None:
            body = self._body()
            if self._is_out_of_order():
                return
            if self.path == "/graphql":
                given = json.loads(body)
                found = re.search(r"(?:query|mutation)\s+(\w+)", given["query"])
                name = given.get("operationName") or (found.group(1) if found else "")
                self._send({"data": server.answer(name, given.get("variables") or {})})
            elif self.path.endswith("/file_stream"):
                server.stream(self.path.split("/")[-2], json.loads(body))
                self._send({"limits": {}})
            else:  # reports of wandb on itself
                self._send({})

        def do_PUT(self) -> None:
            self._body()
            if not self._is_out_of_order():
                server.keep(self.path)
                self._send({})

        def do_GET(self) -> None:
            if not self._is_out_of_order():
                self._send({})

        def _is_out_of_order(self) -> bool:
            time.sleep(server.delay)
            if server.failing:
                server.on_request("")
                self._send({"errors": [{"message": "out of order"}]}, 500)
            return server.failing

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding") == "chunked":
                body = b""
                while size := int(self.rfile.readline(), 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
            else:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            return gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body

        def _send(self, answer: dict[str, Any], code: int = 200) -> None:
            text = json.dumps(answer).encode()
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # who asked has given up
                self._write(text, code)

        def _write(self, text: bytes, code: int) -> None:
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

    return Handler
