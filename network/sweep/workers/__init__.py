"""Workers that train runs: processes on this machine or a Dask cluster."""

from typing import TYPE_CHECKING

from pipeline.lazy import lazy_exports

if TYPE_CHECKING:
    from network.sweep.workers.choose import choose_workers as choose_workers
    from network.sweep.workers.job import JobResult as JobResult, TrainingJob as TrainingJob
    from network.sweep.workers.local import local_workers as local_workers
    from network.sweep.workers.train_many import (
        RemoteRun as RemoteRun,
        create_remote_run as create_remote_run,
        require_no_films as require_no_films,
        resume_remote_run as resume_remote_run,
        train_all as train_all,
    )
    from network.sweep.workers.workers import Workers as Workers
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__, __file__)
