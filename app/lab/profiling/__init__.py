"""What a trained model costs to use: time, memory, energy, operations; measured, or said not to be available."""

from app.lab.profiling.checks import Prepared, prepare_backends
from app.lab.profiling.inference import Operations, count_operations, measure_inference
from app.lab.profiling.memory import peak_memory_bytes
from app.lab.profiling.meter import Meter

__all__ = [
    "Meter",
    "Operations",
    "Prepared",
    "count_operations",
    "measure_inference",
    "peak_memory_bytes",
    "prepare_backends",
]
