"""A cluster of network namespaces on one switch, with data transfers and cut links."""

import os
import subprocess
import sys
import time

import pytest

from network.runs.folder import load_run
from network.runs.names import find_run
from network.sweep.find_study import load_study
from tests.support.checkout import REPOSITORY
from tests.support.clusters import Cluster
from tests.support.pace import PATIENCE
from tests.support.small_digits import NAME, make_small_digits

pytestmark = pytest.mark.slow

pytest.importorskip("distributed", reason="needs the extra `sweep`")

ROLES = ("scheduler", "one", "two", "parent")
QUICK = {"DASK_DISTRIBUTED__COMM__TIMEOUTS__TCP": "12s"}  # to detect a cut link; the least is 11
PLAN = f"""
[sweep]
trials = 10
pruner = "none"
[fixed]
dataset = "{NAME}"
hidden = [3]
epochs = 700
validation = 0.3
[space.learning_rate]
low = 0.1
high = 10
"""


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


class Network:
    """Machines on a switch: namespaces connected to one that has a bridge."""

    def __init__(self):
        self.names = {role: f"mnist-{os.getpid()}-{role}" for role in ("switch", *ROLES)}

    def make(self):
        switch = self.names["switch"]
        ip("netns", "add", switch)
        ip("-n", switch, "link", "add", "bridge", "type", "bridge")
        ip("-n", switch, "link", "set", "bridge", "up")
        for role in ROLES:
            name = self.names[role]
            ip("netns", "add", name)
            cable = ("type", "veth", "peer", "name", "eth0", "netns", name)
            ip("-n", switch, "link", "add", role, *cable)
            ip("-n", switch, "link", "set", role, "master", "bridge", "up")
            ip("-n", name, "address", "add", f"{self.address(role)}/24", "dev", "eth0")
            for interface in ("lo", "eth0"):
                ip("-n", name, "link", "set", interface, "up")

    def address(self, role):
        return f"10.77.0.{ROLES.index(role) + 1}"

    def cut(self, role):
        ip("-n", self.names["switch"], "link", "set", role, "down")

    def inside(self, role):
        """Return the prefix of a command that runs on a machine."""
        return ("ip", "netns", "exec", self.names[role])

    def remove(self):
        for name in self.names.values():
            subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)


@pytest.fixture
def network():
    made = Network()
    try:
        made.make()
        yield made
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"this machine makes no network namespaces: {getattr(error, 'stderr', error)}")
    finally:
        made.remove()


@pytest.fixture
def cache(tmp_path):
    return make_small_digits(tmp_path)


@pytest.fixture
def cluster(network, cache, tmp_path):
    """A scheduler and two workers on separate machines, the workers without the cache."""
    where = {"host": network.address("scheduler"), "before": network.inside("scheduler")}
    started = Cluster(tmp_path, **where, **QUICK)
    hide = ("sh", "-c", f'mount -t tmpfs none "{cache.root}" && exec "$@"', "sh")
    for role in ("one", "two"):
        started.add_worker(network.address(role), (*network.inside(role), *hide))
    yield started
    started.stop()


@pytest.fixture
def start(network, cluster, cache):
    """Start a command on the machine that has the data."""
    variables = {"PYTHONPATH": str(REPOSITORY), "MNIST_CACHE_DIR": str(cache.root), **QUICK}

    def run(*arguments):
        command = [sys.executable, "-m", "network", *arguments, "--scheduler", cluster.address]
        return subprocess.Popen(
            [*network.inside("parent"), *command], env={**os.environ, **variables},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    return run


def test_a_machine_whose_link_is_cut_costs_no_trial(network, cluster, start, cache, tmp_path):
    (tmp_path / "plan.toml").write_text(PLAN)
    training = start("train", "--seeds", "2", "--dataset", NAME, "--hidden", "3", "--name", "far")
    _, printed = training.communicate(timeout=PATIENCE)
    assert training.returncode == 0, printed
    for seed in range(2):
        assert load_run(find_run(cache, f"far-{seed}"))[0].meta["epoch"] == 40
    sweep = start("sweep", str(tmp_path / "plan.toml"))
    assert "2 workers" in sweep.stderr.readline()
    assert sweep.stderr.readline().startswith("trial ")
    network.cut("one")
    cut = time.monotonic()
    out, printed = sweep.communicate(timeout=PATIENCE)
    assert sweep.returncode == 0, printed
    assert "10 trials complete, 0 pruned, 0 failed" in out, printed
    numbers = [trial.number for trial in load_study(cache, "plan").optuna.trials]
    assert numbers == list(range(10))
    assert f"Remove worker addr: tcp://{network.address('one')}" in cluster.log
    assert time.monotonic() - cut > 2  # its trial was moved to the other worker


def test_whoever_loses_the_scheduler_is_told_in_a_line_and_goes_on(
    network, start, tmp_path, run_json, cache
):
    (tmp_path / "plan.toml").write_text(PLAN)
    sweep = start("sweep", str(tmp_path / "plan.toml"))
    assert "2 workers" in sweep.stderr.readline()
    assert sweep.stderr.readline().startswith("trial ")
    network.cut("parent")
    _, printed = sweep.communicate(timeout=PATIENCE)
    assert sweep.returncode == 5
    assert printed.splitlines()[-1].endswith(" -m network sweep --resume --name plan`.")
    assert "Traceback" not in printed
    here = ("sweep", "--resume", "--name", "plan", "--workers", "2", "--trials", "4")
    found = run_json("network", *here, cache=cache)["trials"]
    assert (found["complete"] >= 4, found["failed"]) == (True, 0)
