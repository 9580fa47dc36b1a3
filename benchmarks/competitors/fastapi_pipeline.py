"""A plain FastAPI handler that calls `transformers.pipeline`; it prints its port when it is ready."""

from __future__ import annotations

import json
import socket

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from transformers import pipeline

from benchmarks.workloads import make_model, make_tokenizer, parse_workload


class Question(BaseModel):
    """The body of a request."""

    text: str


def main() -> None:
    """Answer until the process is ended."""
    workload = parse_workload(__doc__)
    tokenizer = make_tokenizer()
    tokenizer.model_max_length = workload.max_length
    classify = pipeline("text-classification", model=make_model(workload.model), tokenizer=tokenizer, device=-1)
    app = FastAPI()

    @app.post("/v1/predict")
    def predict(question: Question) -> object:  # not async: FastAPI calls it in a thread
        return classify(question.text, top_k=3, truncation=True)

    classify("ready")
    listening = socket.create_server(("127.0.0.1", 0), backlog=128)
    print(json.dumps({"port": listening.getsockname()[1]}), flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run([listening])


if __name__ == "__main__":
    main()
