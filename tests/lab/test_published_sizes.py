"""The sizes that the table of architectures gives of checkpoints are those of the published shapes."""

import dataclasses
import itertools

import pytest
import torch
from transformers import CONFIG_MAPPING, AutoModel
from transformers.initialization import no_init_weights

from app.config import FAMILIES, load_architectures

# vocabulary and positions, which the table leaves to the data: of a family, and of checkpoints that differ from it
USUAL = {
    "bert": (30522, 512),
    "distilbert": (30522, 512),
    "electra": (30522, 512),
    "mobilebert": (30522, 512),
    "convbert": (30522, 512),
    "squeezebert": (30528, 512),
    "albert": (30000, 512),
    "roberta": (50265, 514),
    "xlm-roberta": (250002, 514),
    "longformer": (50265, 4098),
    "deberta-v2": (128100, 512),
    "modernbert": (50368, 8192),
}
CASED = 28996
TABLE = load_architectures()
# the shape of a toy is its own, whatever checkpoint has its name
PUBLISHED = [name for name, entry in TABLE.items() if entry.checkpoint and name != "bert-tiny"]


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_size_is_what_the_published_shape_has(name):
    entry = TABLE[name]
    vocabulary, positions = USUAL[entry.family]
    kind = CONFIG_MAPPING[entry.family]
    typed = {"type_vocab_size": 2} if "type_vocab_size" in {field.name for field in dataclasses.fields(kind)} else {}
    config = kind(
        **{**typed, **entry.config},
        vocab_size=CASED if name.endswith("-cased") else vocabulary,
        max_position_embeddings=positions,
    )
    with torch.device("meta"), no_init_weights():
        model = AutoModel.from_config(config)
    assert sum(weight.numel() for weight in model.parameters()) == entry.parameters


def test_the_toy_that_has_the_name_of_a_checkpoint_gives_that_ones_size():
    assert TABLE["bert-tiny"].parameters == TABLE["bert_uncased_L-2_H-128_A-2"].parameters


def test_all_24_small_berts_are_there():
    for layers, heads in itertools.product(range(2, 13, 2), (2, 4, 8, 12)):
        name = f"bert_uncased_L-{layers}_H-{64 * heads}_A-{heads}"
        assert TABLE[name].checkpoint == f"google/{name}"


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_has_a_toy_first_that_trains_from_scratch(family):
    first = next(name for name, entry in TABLE.items() if entry.family == family)
    assert first.endswith("-tiny")
