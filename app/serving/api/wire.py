"""What goes over the wire: the bodies of requests and of answers."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.serving.api.limits import CHARACTERS, TEXTS, TOKENS, TOP, WORDS

__all__ = [
    "Alternative",
    "Feedback",
    "FeedbackAnswer",
    "GenerateAnswer",
    "GeneratePiece",
    "GenerateRequest",
    "ModelAnswer",
    "ModelName",
    "PredictAnswer",
    "PredictRequest",
    "Prediction",
    "Tag",
    "Text",
]

Piece = Annotated[str, Field(max_length=CHARACTERS)]
Text = Piece | Annotated[list[Piece], Field(min_length=1, max_length=WORDS)]
"""One text; a list of two where the model compares pairs; a list of words where it tags words."""


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class PredictRequest(_Request):
    """One text or up to 32. A text is a string; for a model of pairs a list of two strings."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["text"]}, {"required": ["texts"]}]},
    )
    text: Text = Field("", description="one text")
    texts: list[Text] = Field([], min_length=1, max_length=TEXTS, description="or several")
    top_k: int = Field(3, ge=1, le=TOP, description="how many labels to name for each text")

    @model_validator(mode="after")
    def _one_of_them(self) -> PredictRequest:
        if len(self.model_fields_set & {"text", "texts"}) != 1:
            raise ValueError("give either text or texts")
        return self

    @property
    def given(self) -> list[str | list[str]]:
        """The texts, however they were given."""
        return self.texts if "texts" in self.model_fields_set else [self.text]


class ModelName(BaseModel):
    """Who answered."""

    name: str
    version: int = Field(description="of the registry; 0 where a folder is served")


class Alternative(BaseModel):
    """A label, and how probable the model finds it."""

    label: str
    probability: float = Field(description="calibrated: of answers with 0.8, about 80 % are right")


class Tag(BaseModel):
    """A word, and what the model takes it for."""

    word: str
    start: int | None = Field(None, description="characters before it, where a string was given")
    end: int | None = None
    tag: str | None = Field(None, description="none where the text was cut before it")
    probability: float | None = None


class Prediction(BaseModel):
    """What the model says of one text."""

    id: str = Field(description="by which feedback names it")
    label: str | None = Field(None, description="the likeliest; of a model that classifies")
    probability: float | None = Field(None, description="of that label, calibrated")
    alternatives: list[Alternative] | None = Field(None, description="the next likely labels, up to top_k in all")
    value: float | None = Field(None, description="of a model that rates")
    words: list[Tag] | None = Field(None, description="of a model that tags words")
    is_cut: bool = Field(description="the text was longer than the model reads, and its end was not read")


class PredictAnswer(BaseModel):
    """An answer to each text, in their order."""

    model: ModelName
    milliseconds: float = Field(description="from the whole request to this answer")
    answers: list[Prediction]


class GenerateRequest(_Request):
    """A beginning, and how to go on."""

    prompt: Piece = Field("", description="the beginning; it is not repeated")
    length: int = Field(120, ge=1, le=TOKENS, description="tokens to write")
    temperature: float = Field(0.8, ge=0, le=5, description="lower keeps to what is likely; 0 takes the likeliest")
    seed: int = Field(0, ge=0, lt=2**32, description="the same gives the same text")
    stream: bool = Field(False, description="send the text as it is written: a JSON document on each line")


class GenerateAnswer(BaseModel):
    """The text that goes on from the prompt."""

    model: ModelName
    milliseconds: float
    text: str


class GeneratePiece(BaseModel):
    """A line of a stream: some text, or at the end who wrote it and how long it took, or what went wrong."""

    text: str | None = None
    model: ModelName | None = None
    milliseconds: float | None = None


class Feedback(_Request):
    """What an answer should have been."""

    id: str = Field(description="of the answer", pattern="^[0-9a-f]{32}$")
    label: str = Field(description="the right one; a label that the model knows", min_length=1, max_length=500)
    text: Text | None = Field(None, description="the text of the answer, where the server keeps no texts")


class FeedbackAnswer(BaseModel):
    """The feedback is kept."""

    kept: bool


class ModelAnswer(BaseModel):
    """What is known of the model that answers."""

    name: str
    version: int
    kind: str
    labels: list[str]
    text_columns: list[str]
    max_length: int = Field(description="tokens")
    architecture: str
    parameters: int
    precision: str
    made: str
    dataset: str
    metric: str
    score: float
    score_low: float | None
    score_high: float | None
    split: str
    most_texts: int = Field(description="of one request")
    most_characters: int = Field(description="of one text")
    keeps_texts: bool = Field(description="texts are kept beside the answers, on the server")
