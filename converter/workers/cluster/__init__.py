"""A Dask cluster in place of this machine's processes: `check` and `receive` with `--cluster`.

Files are still read by a worker process of ours with its limits (`pool.Worker`): Dask's own
processes, which may not have children of Python's multiprocessing, each keep some warm. Files are
not sent: command and cluster see the same folders under the same paths. What goes over the network
are the frames that a command and its workers exchange here, too (`protocol`), and never a key.

    remote.py    the command's side: a runner whose tasks are run by the cluster
    serving.py   what Dask runs for us: tasks into worker processes, answers out of them

`distributed` is imported here alone, and only when a cluster is asked for (an extra: `cluster`).
"""

from converter.workers.cluster.remote import connect

__all__ = ["connect"]
