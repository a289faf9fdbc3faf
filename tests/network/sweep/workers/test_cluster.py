"""Sweeps on a Dask cluster, with workers that lack the data or die."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest

from network.sweep.find_study import load_study
from tests.support.checkout import REPOSITORY
from tests.support.clusters import Cluster
from tests.support.pace import PATIENCE
from tests.support.processes import children_of
from tests.support.small_digits import NAME, make_small_digits

pytestmark = pytest.mark.slow

pytest.importorskip("distributed", reason="needs the extra `sweep`")

PLAN = f"""
[sweep]
trials = 4
first_rung = 1
[fixed]
dataset = "{NAME}"
hidden = [3]
epochs = 4
validation = 0.3
[space.learning_rate]
low = 0.1
high = 10
log = true
"""


@pytest.fixture
def cache(tmp_path):
    return make_small_digits(tmp_path)


@pytest.fixture
def plan(tmp_path):
    (tmp_path / "plan.toml").write_text(PLAN)
    return str(tmp_path / "plan.toml")


@pytest.fixture
def cluster(tmp_path):
    started = Cluster(tmp_path)
    yield started
    started.stop()


def start(cache, *arguments):
    variables = {"PYTHONPATH": str(REPOSITORY), "MNIST_CACHE_DIR": str(cache.root)}
    return subprocess.Popen(
        [sys.executable, "-m", "network", *arguments],
        env={**os.environ, **variables}, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_a_sweep_on_a_cluster_is_that_of_this_machine(cluster, cache, plan, run_json):
    for _ in range(2):
        cluster.add_worker(alone=())
    options = ("--scheduler", cluster.address)
    found = run_json("network", "sweep", plan, "--name", "there", *options, cache=cache)
    assert sum(found["trials"].values()) == 4
    assert found["trials"]["failed"] == 0
    here = run_json("network", "sweep", plan, "--name", "here", "--workers", "1", cache=cache)
    assert here["trials"].keys() == found["trials"].keys()
    best = ("--best", "--name", "there", "--seeds", "2", *options)
    tested = run_json("network", "sweep", *best, cache=cache)
    assert len(tested["runs"]) == 2


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="mounts: needs root")
def test_workers_without_the_data_are_sent_them_again_if_the_only_copy_is_lost(
    cluster, cache, plan, tmp_path
):
    hide = f'mount -t tmpfs none "{cache.root}" && exec "$@"'
    before = ("unshare", "--mount", "sh", "-c", hide, "sh")
    if not shutil.which("unshare") or subprocess.run([*before, "true"], check=False).returncode:
        pytest.skip("this machine lets nobody mount")
    (tmp_path / "plan.toml").write_text(PLAN.replace("epochs = 4", "epochs = 700"))
    first = cluster.add_worker(before=before)
    sweep = start(cache, "sweep", plan, "--scheduler", cluster.address)
    while not (line := sweep.stderr.readline()).startswith("trial "):
        assert line
    os.killpg(first.pid, signal.SIGKILL)
    cluster.add_worker(before=before)
    _, printed = sweep.communicate(timeout=PATIENCE)
    assert sweep.returncode == 0, printed
    study = load_study(cache, "plan").optuna
    assert {trial.state.name for trial in study.trials} <= {"COMPLETE", "PRUNED"}, printed
    assert len(study.trials) == 4


def test_a_scheduler_that_is_not_there_is_told_in_a_line(cache, plan, run_command):
    options = ("--scheduler", "tcp://127.0.0.1:9")
    done = run_command("network", "sweep", plan, *options, cache=cache, code=5)
    assert "no scheduler found at tcp://127.0.0.1:9" in done.stderr.splitlines()[-1]
    for nonsense in ("nonsense://here", "127.0.0.1:port"):
        options = ("--scheduler", nonsense)
        done = run_command("network", "sweep", plan, *options, cache=cache, code=2)
        assert "expected an address such as tcp://127.0.0.1:8786" in done.stderr
    assert not cache.sweeps().exists()


def test_a_scheduler_that_goes_away_leaves_a_study_to_go_on_with(cluster, cache, plan, run_json):
    worker = cluster.add_worker()
    while "Register worker" not in cluster.log:
        time.sleep(0.1)
    os.killpg(worker.pid, signal.SIGSTOP)  # so that no trial ends
    sweep = start(cache, "sweep", plan, "--scheduler", cluster.address)
    while not (cache.sweeps() / "plan" / "plan.json").exists():
        assert sweep.poll() is None, sweep.stderr.read()
        time.sleep(0.1)
    while not load_study(cache, "plan").optuna.trials:
        time.sleep(0.1)
    cluster.stop()
    _, printed = sweep.communicate(timeout=PATIENCE)
    assert sweep.returncode == 5, printed
    hint = r"was lost\. Resume: `\S+ -m network sweep --resume --name plan`"
    assert re.search(hint, printed.splitlines()[-1])
    assert "Traceback" not in printed
    found = run_json("network", "sweep", "--resume", "--name", "plan", "--trials", "1", cache=cache)
    assert found["trials"]["complete"] == 1


def test_runs_whose_scheduler_goes_away_are_named_with_the_command_that_goes_on(cluster, cache):
    cluster.add_worker()
    options = ("--dataset", NAME, "--hidden", "3", "--epochs", "90000", "--name", "far")
    training = start(cache, "train", *options, "--seeds", "2", "--scheduler", cluster.address)
    history = cache.runs() / "far-0" / "history.jsonl"
    while not (history.exists() and history.read_text()):
        time.sleep(0.1)
    cluster.stop()
    _, printed = training.communicate(timeout=PATIENCE)
    assert training.returncode == 5, printed
    *_, last = printed.splitlines()
    assert re.search(
        r"was lost\. Resume here: `\S+ -m network train --resume far-0 far-1`\.$", last
    )


def test_a_worker_that_is_killed_costs_no_trial(cluster, cache, plan, run_json):
    first, _ = cluster.add_worker(alone=()), cluster.add_worker()
    while not children_of(first.pid):
        time.sleep(0.1)
    os.killpg(first.pid, signal.SIGKILL)
    options = ("--scheduler", cluster.address)
    found = run_json("network", "sweep", plan, "--name", "less", *options, cache=cache)
    assert sum(found["trials"].values()) == 4
    assert found["trials"]["failed"] == 0


@pytest.mark.filterwarnings("default")
def test_a_local_cluster_of_two_processes_does_as_well(cache, plan, run_json):
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
    ) as started:
        options = ("--scheduler", started.scheduler_address)
        found = run_json("network", "sweep", plan, *options, cache=cache)
    assert sum(found["trials"].values()) == 4


def test_a_cluster_with_certificates_is_reached_by_daskes_own_configuration(
    cache, plan, tmp_path, run_json, run_command
):
    if not shutil.which("openssl"):
        pytest.skip("needs openssl")
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-keyout", str(key), "-out", str(certificate), "-days", "2", "-subj", "/CN=x"],
        check=True, capture_output=True,
    )  # fmt: skip
    tls = ["--tls-ca-file", str(certificate), "--tls-cert", str(certificate), "--tls-key", str(key)]
    cluster = Cluster(tmp_path, "--protocol", "tls", *tls)
    try:
        cluster.add_worker()
        assert cluster.address.startswith("tls://")
        options = ("--scheduler", cluster.address)
        run_command("network", "sweep", plan, "--name", "plain", *options, cache=cache, code=5)
        names = {"CA_FILE": certificate, "CLIENT__CERT": certificate, "CLIENT__KEY": key}
        trusted = {
            f"DASK_DISTRIBUTED__COMM__TLS__{name}": str(path) for name, path in names.items()
        }
        found = run_json(
            "network", "sweep", plan, "--name", "safe", *options, cache=cache, **trusted
        )
        assert sum(found["trials"].values()) == 4
    finally:
        cluster.stop()
