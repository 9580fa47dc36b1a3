"""A model as an ONNX graph: in fp32 for any batch and length, and with its weights in int8."""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.shape_inference import quant_pre_process
from transformers import PreTrainedModel

from app.lab.machine import has_wide_int8

__all__ = ["export_onnx", "quantise_onnx"]

OPSET = 20  # the first with Gelu as one operator, which ONNX Runtime has a kernel for
QUANTISED = ("MatMul", "Gemm", "Gather")  # products with weights, and tables of embeddings: half of a small model


class _Logits(torch.nn.Module):
    """The model as a function of tensors, in the order of `names`, to its logits."""

    def __init__(self, model: PreTrainedModel, names: tuple[str, ...]) -> None:
        super().__init__()
        self.model, self.names = model, names

    def forward(self, *tensors: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.model(**dict(zip(self.names, tensors, strict=True))).logits
        return logits


def export_onnx(model: PreTrainedModel, example: Mapping[str, torch.Tensor], path: Path) -> None:
    """Write the model to one file, as a graph from inputs named as in `example` to `logits`.

    Args:
        model: on the CPU, in evaluation mode; it is not changed.
        example: int64 tensors of shape (rows, tokens), two rows at least, one of them padded: the graph keeps only
            what the example makes the model do. Batch and length stay free.
        path: of the file.

    Raises:
        Exception: of torch.onnx, of any class, where the model does something ONNX has no word for.
    """
    names = tuple(example)
    axes = {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC}
    with _quiet_exporter():
        program = torch.onnx.export(
            _Logits(model, names).eval(),
            tuple(example.values()),
            dynamo=True,
            opset_version=OPSET,
            input_names=list(names),
            output_names=["logits"],
            dynamic_shapes=(tuple(axes for _ in names),),
            verbose=False,
        )
        assert program is not None
        program.save(str(path), external_data=False)


def quantise_onnx(source: Path, path: Path) -> str:
    """Write the graph with its weights in int8, those of products with a scale for each column, and say how.

    Activations are quantised as they come, with one scale for a whole batch: a row's logits depend a little on what
    it is batched with.
    """
    graph = onnx.load(source)
    # the exporter's shapes of intermediate values are not those after pre-processing, which then are taken for errors
    del graph.graph.value_info[:]
    bare, prepared = path.with_suffix(".bare.onnx"), path.with_suffix(".prepared.onnx")
    onnx.save(graph, bare)
    with _quiet_exporter():
        # its symbolic shape inference gives up on these graphs ("Incomplete symbolic shape inference")
        quant_pre_process(str(bare), str(prepared), skip_symbolic_shape=True)
        quantize_dynamic(
            str(prepared),
            str(path),
            op_types_to_quantize=list(QUANTISED),
            per_channel=True,
            reduce_range=not has_wide_int8(),
            weight_type=QuantType.QInt8,
            extra_options={"MatMulConstBOnly": True},  # products of activations stay fp32
        )
    bits = 8 if has_wide_int8() else 7
    return f"weights of {', '.join(QUANTISED)} in {bits} bits, a scale per column; activations in 8, a scale per batch"


@contextlib.contextmanager
def _quiet_exporter() -> Iterator[None]:
    """Without the exporter's notes on torchvision, its own deprecations and names of axes; errors rise as ever."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "torch.onnx._internal.exporter._registration")]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
