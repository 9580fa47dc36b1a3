"""How weights follow from gradients: optimisers, their rates, and the average of what they found."""

from app.lab.optimization.averaging import WeightAverage, first_averaged_epoch
from app.lab.optimization.optimizers import build_optimizer, leaves_unseen_rows_alone
from app.lab.optimization.schedules import schedule_arguments

__all__ = ["WeightAverage", "build_optimizer", "first_averaged_epoch", "leaves_unseen_rows_alone", "schedule_arguments"]
