"""A tokenizer made of a benchmark's own training texts, for models that start from nothing."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from app.lab.language.vocabularies import learn_byte_pairs, list_characters
from app.layout import cache_folder

__all__ = ["train_tokenizer"]

_PAD, _UNKNOWN, _CLS, _SEP, _MASK = _SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
_VOCABULARY = 8192  # pieces at most: whole words for a small corpus, a small embedding for a large one
_MIN_FREQUENCY = 2
_FORMAT = 1  # raise it when the training below changes, so that no kept tokenizer of the old kind is taken


def train_tokenizer(texts: Sequence[str], vocabulary: str = "wordpieces") -> PreTrainedTokenizerFast:
    """A tokenizer of `texts`: the same pieces and ids on every machine, [PAD] is 0.

    `wordpieces` are lower-casing WordPiece; `characters` and `bytepairs`, for language models, lose nothing.

    It is kept below `cache_folder()`, by the hash of the texts, and read from there the next time. Pairs come
    out as `[CLS] a [SEP] b [SEP]`, with type ids 0 and 1.
    """
    kept = cache_folder() / "tokenizers" / _fingerprint(texts, vocabulary) / "tokenizer.json"
    if not kept.is_file():
        _keep(_MAKERS[vocabulary](texts), kept)
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_file=str(kept),
        pad_token=_PAD,
        unk_token=_UNKNOWN,
        cls_token=_CLS,
        sep_token=_SEP,
        mask_token=_MASK,
        clean_up_tokenization_spaces=False,
    )


def _fingerprint(texts: Sequence[str], vocabulary: str) -> str:
    digest = hashlib.sha256(json.dumps([_FORMAT, vocabulary, _VOCABULARY, _MIN_FREQUENCY]).encode())
    for text in texts:
        encoded = text.encode("utf-8", "surrogatepass")
        digest.update(len(encoded).to_bytes(8, "little"))
        digest.update(encoded)
    return digest.hexdigest()[:32]


def _train(texts: Sequence[str]) -> Tokenizer:
    normalizer = normalizers.BertNormalizer(lowercase=True)
    letters = Counter[str]()
    for text in texts:
        letters.update(normalizer.normalize_str(text))
    alphabet = sorted(letter for letter, count in letters.items() if count >= _MIN_FREQUENCY and not letter.isspace())
    learner = _bare_tokenizer(models.WordPiece(unk_token=_UNKNOWN))
    learner.train_from_iterator(
        texts,
        trainers.WordPieceTrainer(
            vocab_size=_VOCABULARY,
            min_frequency=_MIN_FREQUENCY,
            # The trainer numbers the pieces `##x` in the order of a hash table, which differs from process to
            # process, and settles ties between merges by these numbers. Named first, they are the same.
            special_tokens=[*_SPECIAL, *alphabet, *(f"##{letter}" for letter in alphabet)],
            limit_alphabet=len(alphabet),
            show_progress=False,
        ),
    )
    # a second tokenizer around the same pieces, since the first takes every single letter for a special token
    tokenizer = _bare_tokenizer(models.WordPiece(learner.get_vocab(), unk_token=_UNKNOWN))
    tokenizer.add_special_tokens(list(_SPECIAL))
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{_CLS} $A {_SEP}",
        pair=f"{_CLS} $A {_SEP} $B:1 {_SEP}:1",
        special_tokens=[(token, tokenizer.token_to_id(token)) for token in (_CLS, _SEP)],
    )
    return tokenizer


def _bare_tokenizer(model: models.WordPiece) -> Tokenizer:
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer


def _keep(tokenizer: Tokenizer, path: Path) -> None:
    """Write the file whole or not at all: runs in parallel may want the same one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        draft = Path(folder) / path.name
        tokenizer.save(str(draft))
        draft.replace(path)


_MAKERS: Mapping[str, Callable[[Sequence[str]], Tokenizer]] = {
    "wordpieces": _train,
    "characters": lambda texts: list_characters(texts, _SPECIAL),
    "bytepairs": lambda texts: learn_byte_pairs(texts, _SPECIAL),
}
