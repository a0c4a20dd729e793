"""What an experiment needs before it can run: data sets that are not on this machine are fetched as the first part of its job.

So a download shows how far it is and ends when the run is cancelled, and no experiment has to think of it.
"""

from lsviewer.core.experiment import Experiment
from lsviewer.core.jobs import Job
from lsviewer.core.spec import Spec
from lsviewer.engine.context import Context
from lsviewer.engine.datasets import Download


def missing(spec: Spec) -> tuple[Download, ...]:
    """Return the data sets named in a spec, or in a spec within it, that have to be downloaded."""
    if isinstance(spec, Download):
        return () if spec.is_here else (spec,)
    values = [getattr(spec, name) for name in type(spec).model_fields]
    return tuple(found for value in values if isinstance(value, Spec) for found in missing(value))


def job_of(experiment: Experiment, context: Context) -> Job:
    """Return the job of an experiment, the downloads it needs before it."""
    for dataset in missing(experiment):
        yield from dataset.fetching()
    return (yield from experiment.run(context))
