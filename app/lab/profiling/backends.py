"""One trained model behind several engines: each a function from token ids to logits, the model itself untouched."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from transformers import PreTrainedModel

from app.lab.architectures import Built

__all__ = ["Backend", "Batch", "Logits", "draw_batch", "make_backend", "plain_backend"]

Batch = Mapping[str, torch.Tensor]  # input_ids, attention_mask, for some models token_type_ids: (rows, tokens), int64
Logits = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Backend:
    """An engine with the model in it."""

    name: str  # of app.config.BACKENDS
    bind: Callable[[Batch], Callable[[], Logits]]  # puts a batch where it is needed; what it returns may be timed
    precision: str  # fp32, bf16 or int8: which limit of the machine it is held against
    made: str  # how, in words
    size_bytes: int | None = None  # of the file it was made from

    def predict(self, batch: Batch) -> Logits:
        """Logits of shape (rows, classes)."""
        return self.bind(batch)()


def draw_batch(built: Built, *, rows: int, length: int, padding: int = 0) -> Batch:
    """Random token ids with what else the model's tokenizer makes; the last row ends in `padding` empty places."""
    vocabulary = built.model.config.vocab_size
    ids = torch.randint(min(1000, vocabulary // 2), vocabulary, (rows, length))  # ordinary tokens: special ones are low
    mask = torch.ones_like(ids)
    if padding:
        ids[-1, -padding:] = built.tokenizer.pad_token_id
        mask[-1, -padding:] = 0
    batch = {"input_ids": ids, "attention_mask": mask}
    return batch | ({"token_type_ids": torch.zeros_like(ids)} if "token_type_ids" in built.tokenizer("a") else {})


def plain_backend(model: PreTrainedModel) -> Backend:
    """The model as transformers and torch run it: what every other backend is held against."""
    return Backend("torch", _torch_binder(model), "fp32", f"torch {torch.__version__}, eager, fp32")


def make_backend(name: str, model: PreTrainedModel, example: Batch, scratch: Path) -> Backend:
    """The model behind the engine called `name`, one of `app.config.BACKENDS`.

    Args:
        name: of the engine.
        model: in evaluation mode, on any device; ONNX Runtime computes on the CPU wherever the model is.
        example: a small batch with padding, on the CPU, of the inputs that the model's tokenizer makes.
        scratch: a folder for files, which two engines of one model may share; the backend does not need it later.

    Raises:
        Exception: of the engine, of any class, where it cannot take this model or does not work on this machine.
    """
    match name:
        case "torch":
            return plain_backend(model)
        case "torch-bf16":
            return _make_bf16(name, model)
        case "torch-compile":
            return _make_compiled(name, model, example)
        case "onnxruntime" | "onnxruntime-int8":
            return _make_onnxruntime(name, model, example, scratch)
    raise AssertionError(f"{name} is among BACKENDS but nothing makes it")


def _torch_binder(model: Any) -> Callable[[Batch], Callable[[], Logits]]:
    def bind(batch: Batch) -> Callable[[], Logits]:
        inputs = {key: tensor.to(model.device) for key, tensor in batch.items()}

        @torch.inference_mode()
        def forward() -> Logits:
            logits: Logits = model(**inputs).logits.float().cpu().numpy()  # which waits for a GPU
            return logits

        return forward

    return bind


def _make_bf16(name: str, model: PreTrainedModel) -> Backend:
    in_hardware = (
        torch.cuda.is_bf16_supported(including_emulation=False)
        if model.device.type == "cuda"
        else torch.cpu._is_avx512_bf16_supported()
    )
    halved = copy.deepcopy(model).bfloat16()
    made = "torch, eager, weights and activations in bf16" + ("" if in_hardware else ", which this machine emulates")
    return Backend(name, _torch_binder(halved), "bf16", made)


def _make_compiled(name: str, model: PreTrainedModel, example: Batch) -> Backend:
    from torch._inductor import config

    # a pool of compiling processes would outlive its use, and does not survive in a forked kernel
    with config.patch(compile_threads=1), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of what inductor itself imports
        backend = Backend(
            name,
            _torch_binder(torch.compile(model, dynamic=True)),
            "fp32",
            "torch.compile with inductor, fp32, lengths and batches of any size",
        )
        backend.predict(example)  # it compiles at its first call, and once more for a batch of one row
        backend.predict({key: tensor[:1] for key, tensor in example.items()})
    return backend


def _make_onnxruntime(name: str, model: PreTrainedModel, example: Batch, scratch: Path) -> Backend:
    import onnxruntime

    from app.lab.profiling.onnx_export import OPSET, export_onnx, quantise_onnx

    made = f"ONNX Runtime {onnxruntime.__version__} on the CPU, opset {OPSET}, threads {torch.get_num_threads()}"
    path = scratch / "model.onnx"
    if not path.exists():
        on_cpu = model if model.device.type == "cpu" else copy.deepcopy(model).cpu()
        unfinished = scratch / "unfinished.onnx"
        export_onnx(on_cpu, example, unfinished)
        unfinished.rename(path)
    if name == "onnxruntime-int8":
        made = f"{made}; {quantise_onnx(path, path := scratch / 'int8.onnx')}"
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()  # as torch has: the comparison is to be fair
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    wanted = [given.name for given in session.get_inputs()]

    def bind(batch: Batch) -> Callable[[], Logits]:
        inputs = {key: batch[key].numpy() for key in wanted}
        return lambda: session.run(None, inputs)[0]

    return Backend(name, bind, "int8" if name.endswith("int8") else "fp32", made, path.stat().st_size)
