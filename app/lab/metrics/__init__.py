"""The scores of each kind of task: `evaluate.Metric` modules, and one score alone for the end of an epoch."""

from app.lab.metrics.classification import ClassificationScores, ProbabilityScores, score_classes
from app.lab.metrics.entities import EntityScores, score_tags
from app.lab.metrics.perplexity import PerplexityScores, score_losses
from app.lab.metrics.regression import RegressionScores, score_numbers

__all__ = [
    "ClassificationScores",
    "EntityScores",
    "PerplexityScores",
    "ProbabilityScores",
    "RegressionScores",
    "score_classes",
    "score_losses",
    "score_numbers",
    "score_tags",
]
