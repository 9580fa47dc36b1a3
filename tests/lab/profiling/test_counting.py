"""Operations are those that a hand counts, and the limit is a measured one."""

import json

import pytest
import torch

from app.lab.profiling.backends import draw_batch, plain_backend
from app.lab.profiling.counting import count_flops
from app.lab.profiling.limits import measure_limit
from tests.lab.profiling.models import build_tiny

HIDDEN, WIDE, LAYERS, LABELS = 64, 256, 2, 2


@pytest.fixture(autouse=True)
def one_thread(here):
    torch.set_num_threads(1)


@pytest.mark.parametrize(("rows", "length"), [(1, 8), (1, 16), (3, 16)])
def test_a_bert_has_the_operations_of_its_matrices(rows, length):
    built = build_tiny("bert")
    batch = draw_batch(built, rows=rows, length=length)
    projections = 4 * HIDDEN * HIDDEN + 2 * HIDDEN * WIDE  # query, key, value, output; up, down
    attention = 2 * length * HIDDEN  # of one token: scores and weighted values, all heads together
    pooler_and_head = HIDDEN * HIDDEN + HIDDEN * LABELS  # of the first token alone
    products = LAYERS * length * (projections + attention) + pooler_and_head
    assert count_flops(plain_backend(built.model).bind(batch)) == 2 * rows * products


def test_attention_counts_alike_whichever_kernel_computes_it():
    built = build_tiny("bert")
    batch = draw_batch(built, rows=2, length=12)
    fused = count_flops(plain_backend(built.model).bind(batch))
    built.model.set_attn_implementation("eager")
    assert count_flops(plain_backend(built.model).bind(batch)) == fused


def test_grouped_convolutions_count_their_share():
    squeezed = build_tiny("squeezebert")
    batch = draw_batch(squeezed, rows=1, length=16)
    bert = count_flops(plain_backend(build_tiny("bert").model).bind(batch))
    assert 0 < count_flops(plain_backend(squeezed.model).bind(batch)) < bert


def test_the_limit_is_measured_once_and_kept(here):
    cpu = torch.device("cpu")
    limit = measure_limit(cpu, torch.float32)
    (path,) = (here / "cache" / "limits").iterdir()
    kept = json.loads(path.read_text())
    assert kept["flops_per_second"] == limit > 1e8  # a tenth of a billion: any machine since 1995
    assert (kept["dtype"], kept["threads"]) == ("float32", 1)
    assert measure_limit(cpu, torch.float32) == limit


def test_a_kept_limit_is_that_of_its_threads_and_its_numbers(here):
    cpu = torch.device("cpu")
    measure_limit(cpu, torch.float32)
    measure_limit(cpu, torch.float64)
    torch.set_num_threads(2)
    try:
        measure_limit(cpu, torch.float32)
    finally:
        torch.set_num_threads(1)
    assert len(list((here / "cache" / "limits").iterdir())) == 3


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"flops_per_second": "many"}'])
def test_a_torn_file_is_measured_anew(here, text):
    cpu = torch.device("cpu")
    measure_limit(cpu, torch.float32)
    (path,) = (here / "cache" / "limits").iterdir()
    path.write_text(text)
    limit = measure_limit(cpu, torch.float32)
    assert json.loads(path.read_text())["flops_per_second"] == limit
