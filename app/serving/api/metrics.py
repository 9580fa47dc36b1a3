"""What Prometheus is told: requests, batches, answers, the store, and which version answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.process_collector import ProcessCollector

from app.serving.api.wire import Prediction

__all__ = ["TYPE", "Metrics"]

TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
ROWS = (1, 2, 4, 8, 16, 32, 64, 128)
CONFIDENCE = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1)


class Metrics:
    """The figures of one server."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # when a counter began: half of the page, and of no use here
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.requests = self._counter("requests", "Requests that were answered", "path", "method", "status")
        self.seconds = self._histogram("request_seconds", "From a request to its answer", SECONDS, "path")
        self.batch_rows = self._histogram("batch_rows", "Texts that were computed together", ROWS)
        self.batch_seconds = self._histogram("batch_seconds", "Forward passes", SECONDS)
        self.queue_rows = self._gauge("queue_rows", "Texts that wait for their answer")
        self.generating = self._gauge("generations", "Texts that are being written")
        self.labels = self._counter("predictions", "Answers, by label", "label")
        self.confidence = self._histogram("confidence", "Calibrated probability of what was answered", CONFIDENCE)
        self.cut = self._counter("cut_texts", "Texts that were longer than the model reads")
        self.feedback = self._counter("feedback", "Answers that a person has put right")
        self.model = self._gauge("model_info", "The version that answers now", "name", "version", "kind", "precision")
        self.reloads = self._counter("reloads", "Changes of the version that was meant", "outcome")
        self.reload_failing = self._gauge("reload_failing", "1: the version that is meant cannot be had")
        self.stored = self._counter("store_rows", "Answers that were handed to the store of predictions")
        self.lost = self._counter("store_lost_rows", "Answers and feedback that the store could not keep")
        self.store_failing = self._gauge("store_failing", "1: the last of them could not be kept")
        for outcome in ("ok", "failed"):
            self.reloads.labels(outcome)

    def watch_queue(self, waiting: Callable[[], int]) -> None:
        """Ask for the length of the queue whenever somebody looks."""
        self.queue_rows.set_function(waiting)

    def observe_batch(self, rows: int, seconds: float) -> None:
        """A forward pass is through."""
        self.batch_rows.observe(rows)
        self.batch_seconds.observe(seconds)

    def count_answers(self, answers: Sequence[Prediction]) -> None:
        """One request was answered with these."""
        for answer in answers:
            if answer.label is not None and answer.probability is not None:
                self.labels.labels(answer.label).inc()
                self.confidence.observe(answer.probability)
            if answer.is_cut:
                self.cut.inc()

    def show_model(self, name: str, version: int, kind: str, precision: str) -> None:
        """That version answers from now on."""
        self.model.clear()
        self.model.labels(name, str(version), kind, precision).set(1)

    def render(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self.registry)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"serving_{name}", text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"serving_{name}", text, labels, registry=self.registry)

    def _histogram(self, name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(f"serving_{name}", text, labels, buckets=buckets, registry=self.registry)
