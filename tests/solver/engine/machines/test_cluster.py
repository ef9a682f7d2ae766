"""A real scheduler and worker processes on loopback: the same results as here, whatever dies on the way."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
import time

import numpy as np
import pytest

pytest.importorskip("distributed")

from distributed import LocalCluster

from benchmarks.company import company
from scenarios.run.prepare import prepare
from solver.engine.expand import closed
from solver.engine.improve.improve import Improver
from solver.engine.machines.cluster import Cluster
from solver.engine.machines.connect import ClusterError, is_address
from solver.engine.machines.pool import Chains, Priced, Sums, Threads
from solver.engine.prices.price import ROUGH, price
from solver.engine.solution import Options
from solver.engine.solve import solve
from tests.command import fairbook

PRICE = {"engine": "price", "seed": 1}


def started(n: int) -> LocalCluster:
    return LocalCluster(
        n_workers=n,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        silence_logs=50,
    )


@pytest.fixture(scope="module")
def two():
    with started(2) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    return company(tmp_path_factory.mktemp("company"), 500, 50)


@pytest.fixture(scope="module")
def instance(plan):
    return prepare(plan).instance


def workers(cluster: Cluster) -> list[int]:
    return list(cluster.scheduler.client.run(os.getpid).values())


def tasks_seen(cluster: Cluster) -> set[str]:
    """Names of functions the workers ran."""
    stories = cluster.scheduler.client.run(lambda dask_worker: [str(event) for event in dask_worker.state.log])
    return {name for log in stories.values() for event in log for name in ("look_at", "_anneal") if name in event}


def test_prices_are_those_found_here(two, instance) -> None:
    shut = closed(instance, 0).instance
    here = price(shut, workers=1, ascent=ROUGH)
    with Cluster(two.scheduler_address, few=0) as cluster:
        there = price(shut, workers=cluster, ascent=ROUGH)
        assert "look_at" in tasks_seen(cluster)
        assert cluster.notes == []
    assert there.bound == pytest.approx(here.bound, rel=1e-9, abs=0)
    assert np.allclose(there.price, here.price, rtol=1e-9, atol=1e-9 * np.abs(here.price).max())


def test_rounds_do_not_depend_on_how_many_workers(two, instance) -> None:
    """Rounds of annealing here with a window of four, and on two workers: the same plan, bit by bit."""
    shut = closed(instance, 0)
    first = solve(instance, Options(time_limit=60, gap=5, workers=1, **PRICE))
    assert first.choice is not None
    start, prices = shut.close(first.choice), price(shut.instance, ascent=ROUGH)

    def after(pool) -> np.ndarray:
        last, improver = start, Improver(shut.instance, prices, pool, 3)
        for _ in range(6):  # what a round saves of a budget another one spends
            for found in improver.rounds(last, lambda: False):
                last = found
        return last

    with Cluster(two.scheduler_address, out=4) as cluster:
        there = after(cluster)
        assert "_anneal" in tasks_seen(cluster)
    here = after(Threads(4))
    assert shut.instance.value(there) > shut.instance.value(start)
    assert np.array_equal(there, here)


def test_parts_make_the_whole(instance) -> None:
    inst = closed(instance, 0).instance
    scores = inst.option_score / inst.scale
    priced = Priced(inst.indptr, scores, inst.load_indptr, inst.load_row, inst.load_amount / 1e4, inst.n_rows)
    prices = np.random.default_rng(1).random(inst.n_rows) * 1e-3
    best, soft, loads = Sums(priced)(prices, 0.1)
    parts = [Sums(priced.part(k))(prices, 0.1) for k in range(priced.parts)]
    assert sum(len(priced.part(k).score) for k in range(priced.parts)) == inst.n_options
    assert sum(p[0] for p in parts) == pytest.approx(best)
    assert sum(p[1] for p in parts) == pytest.approx(soft)
    assert np.allclose(sum(p[2] for p in parts), loads)


def test_a_killed_worker_costs_no_plan(instance) -> None:
    local = price(closed(instance, 0).instance, workers=1, ascent=ROUGH)
    with started(2) as dask, Cluster(dask.scheduler_address, few=0) as cluster:
        killed = threading.Event()

        def kill() -> None:
            os.kill(victim, signal.SIGKILL)
            killed.set()

        victim = workers(cluster)[0]
        shut = closed(instance, 0).instance
        look = 0

        def at_the_tenth_pass() -> bool:
            nonlocal look
            look += 1
            if look == 10:
                kill()
            return False

        again = price(shut, workers=cluster, ascent=ROUGH, cancelled=at_the_tenth_pass)
        assert killed.is_set()
        assert any("was lost" in note for note in cluster.notes), cluster.notes
        assert again.bound == pytest.approx(local.bound, rel=1e-9, abs=0)
        threading.Timer(1.0, lambda: os.kill(workers(cluster)[0], signal.SIGKILL)).start()
        found = solve(instance, Options(time_limit=3, workers=1, **PRICE), pool=cluster)
        assert found.status in {"feasible", "optimal"}
        assert instance.feasible(found.choice)
        assert found.notes


def test_with_the_whole_cluster_gone_the_run_goes_on_here(instance) -> None:
    dask = started(1)
    with Cluster(dask.scheduler_address, few=0) as cluster:
        threading.Timer(1.0, dask.close).start()
        found = solve(instance, Options(time_limit=3, workers=1, **PRICE), pool=cluster)
    assert instance.feasible(found.choice)
    assert any("was lost" in note and "done here" in note for note in found.notes), found.notes


def test_cancelling_does_not_wait_for_the_workers(two) -> None:
    """A round that would take minutes is halted on its worker, and what it found so far comes back."""
    case = prepare_small()
    with Cluster(two.scheduler_address) as cluster, cluster.annealers() as begin:
        task = begin(Chains.of(case, np.asarray(case.indptr[:-1]), 1e3, 10**12, 1))
        stop = time.monotonic() + 1.0
        got = task.result(lambda: time.monotonic() > stop)
    assert got is not None
    assert case.feasible(got[1])
    assert time.monotonic() < stop + 60  # it would take days


def prepare_small():
    from random import Random

    from tests.solver.draw import draw_case

    for seed in range(100):
        case = draw_case(Random(seed), rules=0, terms=2)
        inst = closed(case.instance, 0).instance
        if inst.n_units > 3 and np.all(np.diff(inst.indptr) > 1) and inst.feasible(np.asarray(inst.indptr[:-1])):
            return inst
    raise AssertionError("no case with a choice for every unit")


@pytest.mark.parametrize("text", ["tcp://h:1", "tls://10.0.0.1:8786", "tcp://[::1]:8786"])
def test_addresses(text: str) -> None:
    assert is_address(text)


@pytest.mark.parametrize(
    "text", ["", "h:1", "inproc://x", "ucx://h:1", "tcp://h", "tcp://h:0", "tcp://h:99999", "tcp://a b:1"]
)
def test_what_is_no_address(text: str) -> None:
    assert not is_address(text)
    with pytest.raises(ClusterError, match="expected tcp://HOST:PORT"):
        Cluster(text)


def closed_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def test_no_scheduler_no_workers() -> None:
    with pytest.raises(ClusterError, match="refused"):
        Cluster(f"tcp://127.0.0.1:{closed_port()}")
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        with pytest.raises(ClusterError, match="no Dask scheduler answers"):
            Cluster(f"tcp://127.0.0.1:{deaf.getsockname()[1]}", wait=0.5)
    with started(0) as empty, pytest.raises(ClusterError, match="has no workers"):
        Cluster(empty.scheduler_address)


def test_the_command(two, plan, tmp_path) -> None:
    done = fairbook(
        "-q", "solve", plan, "--cluster", two.scheduler_address, "--engine", "price", "--gap", 1, "--json", cwd=tmp_path
    )
    assert done.code == 0, done.err
    assert done.json()["gap"] <= 1.01
    assert done.json()["notes"] == []
    refused = fairbook("solve", plan, "--cluster", f"tcp://127.0.0.1:{closed_port()}", "--json", cwd=tmp_path)
    assert refused.code == 3
    assert json.loads(refused.out or refused.err)["error"]["kind"] == "cluster"
    mistyped = fairbook("solve", plan, "--cluster", "127.0.0.1:8786", cwd=tmp_path)
    assert mistyped.code == 2
    assert "expected tcp://HOST:PORT" in mistyped.err


def test_small_plans_say_that_the_cluster_is_not_used(two) -> None:
    with Cluster(two.scheduler_address) as cluster:
        found = solve(prepare_small(), Options(time_limit=10, engine="exact"), pool=cluster)
    assert any("was not used" in note for note in found.notes)
