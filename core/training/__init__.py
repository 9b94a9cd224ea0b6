"""Training: a config in, a generator of events out. Importing this never imports torch.

`python -m core.training --help` tells the command line; core.training.loop.train is the generator.
"""

from core.training.config import TrainConfig, default_config
from core.training.optimizers import OPTIMIZERS, Optimizer
from core.training.schedules import SCHEDULES, Schedule

__all__ = ["OPTIMIZERS", "SCHEDULES", "Optimizer", "Schedule", "TrainConfig", "default_config"]
