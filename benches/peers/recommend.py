"""Recommenders side by side: ours, implicit and numpy with LAPACK.

Usage: recommend.py BINARY [--movielens FILE] [--runs N] [--only WORD] [--large N] [--growth]

FILE is a csv of (user, movie) pairs with a header, such as MovieLens-1M without its stars; users
whose id is divisible by 10 are tested on a fifth of their pairs and folded in from the others, the
rest are trained on (strong generalisation). The large data are N interactions (20,000,000 unless
told) of 138,000 customers and 27,000 items, with power laws on both sides and tastes in 20 groups.
2 threads each, BLAS with 1 inside implicit, as it asks, and 2 for numpy. The call is timed inside
each process, from the interactions in memory; runs are interleaved. Wall and processor time are
given: on a busy machine the ratio of the latter is the one to trust.

    ndcg    ALS on FILE, 64 and 128 factors: seconds to the NDCG@100 implicit reaches in 15 iterations
            (ours from a spectral start, by conjugate gradients; means of three seeds)
    ease    EASE on FILE, and on 10,000 simulated items, against numpy.linalg.inv
    als     ALS on the large data, 128 factors: seconds an iteration, and the training loss after each
    knn     item-kNN on the large data, 100 neighbours
    lists   top 20 for every customer of the large data, what she has excluded
    one     one new customer of the large data: factors and top 20, median
    memory  the most memory of a process that reads the large data and fits ALS
"""
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("OMP_NUM_THREADS", "2")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "2")
os.environ.setdefault("RAYON_NUM_THREADS", "2")

import numpy as np
import scipy.sparse as sp
from threadpoolctl import threadpool_limits


class Ours:
    """A process that does what a line says."""

    def __init__(self, binary, folder):
        self.process = subprocess.Popen([binary, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return [float(word) for word in self.process.stdout.readline().split()]

    def cpu(self):
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def timed(self, line):
        """Seconds, processor seconds, and what it said."""
        before = self.cpu()
        seconds, *said = self(line)
        return seconds, self.cpu() - before, said

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def timed(work):
    cpu, start = time.process_time(), time.perf_counter()
    said = work()
    return time.perf_counter() - start, time.process_time() - cpu, said


def dump(folder, rows, name=""):
    rows.sort_indices()
    rows.indptr.astype("<u8").tofile(f"{folder}/{name}starts")
    rows.indices.astype("<u4").tofile(f"{folder}/{name}items")
    if not name:
        with open(f"{folder}/shape", "w") as file:
            file.write(f"{rows.shape[0]} {rows.shape[1]}\n")


def movielens(path):
    """Training rows, and the known and the target rows of the tested users."""
    import pandas as pd

    pairs = pd.read_csv(path).iloc[:, :2].drop_duplicates()
    users, movies = (pairs.iloc[:, i].to_numpy().astype(np.uint64) for i in (0, 1))
    item = np.searchsorted(np.unique(movies), movies)
    tested = users % 10 == 0
    target = (users * 2654435761 + movies * 40503) % 2**32 % 5 == 0

    def rows(mask, known):
        row = np.searchsorted(known, users[mask])
        ones = np.ones(mask.sum(), np.float32)
        return sp.csr_matrix((ones, (row, item[mask])), shape=(len(known), item.max() + 1))

    those = np.intersect1d(users[tested & target], users[tested & ~target])
    both = np.isin(users, those)
    return rows(~tested, np.unique(users[~tested])), rows(both & ~target, those), rows(both & target, those)


def simulated(n, n_customers, n_items, seed=7):
    """About n interactions: activity and popularity follow power laws, half of the picks are from a taste."""
    rng = np.random.default_rng(seed)
    groups = 20
    activity = rng.pareto(1.8, n_customers) + 0.3
    popularity = 1.0 / (np.arange(n_items) + 20.0) ** 0.9
    rng.shuffle(popularity)
    group_of_item, group = rng.integers(0, groups, n_items), rng.integers(0, groups, n_customers)
    counts = np.minimum(np.maximum(1, 1.25 * n * activity / activity.sum()), n_items // 4).astype(np.int64)
    customers = np.repeat(np.arange(n_customers, dtype=np.int32), counts)
    items = np.searchsorted(np.cumsum(popularity) / popularity.sum(), rng.random(len(customers))).astype(np.int32)
    taste = rng.random(len(customers)) < 0.5
    for g in range(groups):
        own = np.flatnonzero(group_of_item == g)
        mask = np.flatnonzero(taste & (group[customers] == g))
        cumulative = np.cumsum(popularity[own]) / popularity[own].sum()
        items[mask] = own[np.minimum(np.searchsorted(cumulative, rng.random(len(mask))), len(own) - 1)]
    items = np.minimum(items, n_items - 1)
    rows = sp.csr_matrix((np.ones(len(items), np.float32), (customers, items)), shape=(n_customers, n_items))
    rows.sum_duplicates()
    rows.data[:] = 1
    return rows


def ndcg(scores, known, target, k=100):
    scores = scores.copy()
    scores[known.nonzero()] = -np.inf
    top = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    hit = np.take_along_axis(target.toarray() > 0, top, 1)
    discount = 1 / np.log2(np.arange(2, k + 2))
    ideal = np.array([discount[: min(k, n)].sum() for n in np.diff(target.indptr)])
    return float(((hit * discount).sum(1) / ideal).mean())


def report(what, ours, theirs, goal, **more):
    """Ours and theirs: (seconds, processor seconds)."""
    line = dict(work=what, seconds=round(ours[0], 4), peer=round(theirs[0], 4), ratio=round(theirs[0] / ours[0], 2))
    line |= dict(processor=round(ours[1], 4), peer_processor=round(theirs[1], 4))
    line |= dict(processor_ratio=round(theirs[1] / ours[1], 2) if ours[1] else None, goal=goal, load=round(os.getloadavg()[0], 1))
    print(json.dumps(line | more), flush=True)


def median(pairs):
    return [statistics.median(column) for column in zip(*pairs)]


def als_model(**options):
    from implicit.als import AlternatingLeastSquares

    return AlternatingLeastSquares(num_threads=2, random_state=7, **options)


def reach_ndcg(binary, folder, data, runs):
    """Three seeds on both sides: the fewest sweeps by which ours are on average as good as implicit's 15."""
    rows, known, target = data
    seeds = (7, 8, 9)
    for d, reg, alpha in ((64, 10, 1), (128, 20, 5)):
        ours = Ours(binary, folder)
        options = dict(num_threads=2, factors=d, regularization=reg, alpha=alpha, iterations=15)

        def theirs(seed):
            from implicit.als import AlternatingLeastSquares

            model = AlternatingLeastSquares(random_state=seed, **options)
            model.fit(rows, show_progress=False)
            return model

        def judged(seed):
            with threadpool_limits(1, "blas"):
                model = theirs(seed)
                users = model.recalculate_user(np.arange(known.shape[0]), known)
            return ndcg(users @ model.item_factors.T, known, target)

        def line(seed, sweeps):
            way = "form=hkv init=spectral turns=4 solver=cg"
            return f"als {way} d={d} reg={reg} alpha={alpha} sweeps={sweeps} seed={seed}"

        goal = statistics.mean(map(judged, seeds))
        for sweeps in range(1, 31):
            reached = statistics.mean((ours(line(seed, sweeps)), ours("judge"))[1][1] for seed in seeds)
            if reached >= goal:
                break
        found = [[], []]
        for seed in seeds * runs:
            found[0].append(ours.timed(line(seed, sweeps))[:2])
            with threadpool_limits(1, "blas"):
                found[1].append(timed(lambda: theirs(seed))[:2])
        ours.close()
        report(f"ALS, {d} factors", *map(median, found), 4, sweeps=sweeps, ndcg=reached, peer_ndcg=goal)


def ease(binary, folder, rows, runs, name):
    ours = Ours(binary, folder)

    def theirs():
        gram = (rows.T @ rows).toarray().astype(np.float64)
        gram[np.diag_indices_from(gram)] += 400
        inverse = np.linalg.inv(gram)
        weights = inverse / -np.diag(inverse)
        np.fill_diagonal(weights, 0)
        return weights

    found = [[], []]
    for _ in range(runs):
        found[0].append(ours.timed("ease reg=400")[:2])
        with threadpool_limits(2, "blas"):
            found[1].append(timed(theirs)[:2])
    ours.close()
    report(f"EASE, {name}, {rows.shape[1]} items", *map(median, found), 1)


def large(binary, folder, rows, runs, only):
    ours = Ours(binary, folder)
    line = "als form=hkv d=128 reg=20 alpha=5 std=1"
    iterations = 3
    if only in "als":
        seconds, losses = [], []

        def after(_, elapsed, loss):
            seconds.append(elapsed)
            losses.append(loss)

        model = als_model(factors=128, regularization=20, alpha=5, iterations=iterations, calculate_training_loss=True)
        with threadpool_limits(1, "blas"):
            model.fit(rows, show_progress=False, callback=after)
        total = 5 * float(rows.nnz) + rows.shape[0] * rows.shape[1] - rows.nnz
        found = [[], []]
        for _ in range(runs):
            with threadpool_limits(1, "blas"):
                times = [timed(lambda n=n: als_model(factors=128, regularization=20, alpha=5, iterations=n).fit(rows, show_progress=False))[:2] for n in (1, 1 + iterations)]
            found[1].append([(b - a) / iterations for a, b in zip(*times)])
            times = [ours.timed(f"{line} sweeps={n} solver=cg")[:2] for n in (1, 1 + iterations)]
            found[0].append([(b - a) / iterations for a, b in zip(*times)])
        for solver in ("cg", "exact", "sub"):
            wall, cpu, said = ours.timed(f"{line} sweeps={iterations} solver={solver}")
            print(json.dumps(dict(solver=solver, seconds=wall, processor=cpu, losses=said)), flush=True)
        print(json.dumps(dict(solver="implicit", losses=[loss * total for loss in losses])), flush=True)
        report(f"ALS, {rows.nnz} interactions, an iteration, conjugate gradients", *map(median, found), 2)
    if only in "knn":
        from implicit.nearest_neighbours import CosineRecommender

        found = [[], []]
        for _ in range(runs):
            found[0].append(ours.timed("knn k=100")[:2])
            model = CosineRecommender(K=100, num_threads=2)
            found[1].append(timed(lambda: model.fit(rows, show_progress=False))[:2])
        report(f"item-kNN, {rows.nnz} interactions", *map(median, found), 2)
    if only in "lists" or only in "one":
        ours(f"{line} sweeps=1 solver=cg")
        model = als_model(factors=128, regularization=20, alpha=5, iterations=1)
        with threadpool_limits(1, "blas"):
            model.fit(rows, show_progress=False)
            model.recommend(0, rows[0], recalculate_user=True)
    if only in "lists":
        found = [[], []]
        everyone = np.arange(rows.shape[0])
        for _ in range(runs):
            found[0].append(ours.timed("lists")[:2])
            with threadpool_limits(1, "blas"):
                found[1].append(timed(lambda: model.recommend(everyone, rows, N=20))[:2])
        report(f"top 20 of {rows.shape[0]} customers", *map(median, found), 3)
    if only in "one":
        found = [[], []]
        for _ in range(runs):
            found[0].append([ours("one")[1], 0])
            each = []
            with threadpool_limits(1, "blas"):
                for user in range(0, rows.shape[0], -(-rows.shape[0] // 1000)):
                    row = rows[user]
                    each.append(timed(lambda: model.recommend(user, row, N=20, recalculate_user=True))[0])
            found[1].append([statistics.median(each), 0])
        report("one new customer, top 20", *map(median, found), 5)
    ours.close()
    if only in "memory":
        ours = Ours(binary, folder)
        ours(f"{line} sweeps=1 solver=cg")
        mine = ours("memory")[1]
        ours.close()
        script = (
            "import sys, resource, numpy as np, scipy.sparse as sp\n"
            "from implicit.als import AlternatingLeastSquares\n"
            "f = sys.argv[1]; n, m = map(int, open(f + '/shape').read().split())\n"
            "starts = np.fromfile(f + '/starts', '<u8').astype(np.int32); items = np.fromfile(f + '/items', '<u4').view(np.int32)\n"
            "rows = sp.csr_matrix((np.ones(len(items), np.float32), items, starts), shape=(n, m))\n"
            "AlternatingLeastSquares(factors=128, regularization=20, alpha=5, iterations=1, num_threads=2).fit(rows, show_progress=False)\n"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)\n"
        )
        environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
        said = subprocess.run([sys.executable, "-c", script, folder], env=environment, capture_output=True, text=True, check=True)
        theirs = int(said.stdout.split()[-1])
        print(json.dumps(dict(work="memory", bytes=mine, peer=theirs, ratio=round(theirs / mine, 2))), flush=True)


def growth(binary):
    for n in (100_000, 1_000_000, 10_000_000):
        with tempfile.TemporaryDirectory() as folder:
            rows = simulated(n, n // 145, 27_000)
            dump(folder, rows)
            ours = Ours(binary, folder)
            times = [ours.timed(f"als d=64 sweeps={sweeps}") for sweeps in (1, 3)]
            wall, cpu = ((times[1][i] - times[0][i]) / 2 for i in (0, 1))
            knn = ours.timed("knn k=100")
            print(json.dumps(dict(interactions=rows.nnz, sweep=wall, sweep_processor=cpu, knn=knn[0], knn_processor=knn[1], bytes=ours("memory")[1])), flush=True)
            ours.close()


def main():
    arguments = sys.argv[1:]
    if not arguments:
        sys.exit(__doc__)

    def option(name, default):
        return arguments[arguments.index(name) + 1] if name in arguments else default

    binary, runs, only = arguments[0], int(option("--runs", 3)), option("--only", "")
    path, n = option("--movielens", None), int(option("--large", 20_000_000))
    if path:
        with tempfile.TemporaryDirectory() as folder:
            data = movielens(path)
            for name, rows in zip(("", "known.", "target."), data):
                dump(folder, rows, name)
            if only in "ndcg":
                reach_ndcg(binary, folder, data, runs)
            if only in "ease":
                ease(binary, folder, data[0], runs, "MovieLens")
    if only in "ease":
        with tempfile.TemporaryDirectory() as folder:
            rows = simulated(1_000_000, 20_000, 10_000)
            dump(folder, rows)
            ease(binary, folder, rows, 1, "simulated")
    if any(only in word for word in ("als", "knn", "lists", "one", "memory")):
        with tempfile.TemporaryDirectory() as folder:
            rows = simulated(n, 138_000, 27_000)
            dump(folder, rows)
            large(binary, folder, rows, runs, only)
    if "--growth" in arguments:
        growth(binary)


main()
