"""k-means and silhouette side by side: ours, scikit-learn (both algorithms) and faiss.

Usage: kmeans.py BINARY [--runs N] [--max-iter N] [--only WORD] [--growth]

Data: a mixture of 2k/3 overlapping clouds of unequal sizes and spreads in `d` columns, every other
column then exponentiated, as amounts are, and all standardised. Start centres: k rows drawn
at random. Both are written as raw little-endian f64 to a temporary folder, and are the same for
all. Tolerance 0, the same cap on iterations, no subsampling, 2 threads each. The call is timed
inside each process, from the array in memory to labels and inertia; runs are interleaved.
faiss computes in f32 from an f32 array made beforehand, runs all iterations of the cap, and its
labels come from one more search; inertia of all is computed from the labels' means in f64.
"""
import os
import statistics
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("OMP_NUM_THREADS", "2")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "2")
os.environ.setdefault("RAYON_NUM_THREADS", "2")

import faiss
import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score
from threadpoolctl import threadpool_limits

WORK = [("small", 1_000_000, 3, 8, 3.0), ("medium", 1_000_000, 16, 50, 2.0), ("large", 200_000, 64, 256, 1.5)]


def customers(n, d, k, seed):
    """Overlapping clouds of unequal sizes, half of the columns skewed; standardised."""
    rng = np.random.default_rng(seed)
    clouds = max(2, 2 * k // 3)
    which = rng.choice(clouds, n, p=rng.dirichlet(np.full(clouds, 2.0)))
    middles = rng.normal(0, 1.2, (clouds, d))
    spreads = rng.uniform(0.5, 1.2, (clouds, d))
    rows = middles[which] + spreads[which] * rng.normal(size=(n, d))
    rows[:, ::2] = np.exp(0.5 * rows[:, ::2])
    rows -= rows.mean(axis=0)
    rows /= rows.std(axis=0)
    starts = rows[rng.choice(n, k, replace=False)]
    return np.ascontiguousarray(rows), np.ascontiguousarray(starts)


def inertia_of(rows, labels, k):
    """Inertia of the partition about its means."""
    labels = labels.ravel()
    counts = np.maximum(np.bincount(labels, minlength=k), 1)
    total = 0.0
    for column in rows.T:
        means = np.bincount(labels, weights=column, minlength=k) / counts
        total += ((column - means[labels]) ** 2).sum()
    return total


class Ours:
    """A process that fits whenever a line comes in."""

    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return [float(word) for word in self.process.stdout.readline().split()]

    def cpu(self):
        """Seconds of processor time so far, of all threads."""
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def sklearn_run(algorithm, rows, starts, max_iter):
    k = len(starts)
    start = time.perf_counter()
    model = KMeans(k, init=starts, n_init=1, tol=0, max_iter=max_iter, algorithm=algorithm).fit(rows)
    return [time.perf_counter() - start, model.inertia_, model.n_iter_]


def faiss_run(rows, rows32, starts, max_iter):
    k, d = starts.shape
    start = time.perf_counter()
    model = faiss.Kmeans(d, k, niter=max_iter, min_points_per_centroid=1, max_points_per_centroid=len(rows))
    model.train(rows32, init_centroids=starts.astype(np.float32))
    _, labels = model.index.search(rows32, 1)
    return [time.perf_counter() - start, inertia_of(rows, labels, k), max_iter]


def compare(contestants, runs):
    """Seconds of interleaved runs, their processor time, and what each said last."""
    seconds = {name: [] for name in contestants}
    cpu = {name: [] for name in contestants}
    said = {}
    for run in range(runs + 1):
        for name, contestant in contestants.items():
            time.sleep(0.1)
            spent = contestant.cpu if isinstance(contestant, Ours) else time.process_time
            before = spent()
            found = contestant()
            if run > 0:
                seconds[name].append(found[0])
                cpu[name].append(spent() - before)
            said[name] = found[1:]
    median = statistics.median
    return {name: (median(times), median(cpu[name]), said[name]) for name, times in seconds.items()}


def report(title, found, goal):
    ours = found["patronage"]
    print(f"\n{title}; {os.getloadavg()[0]:.1f} load")
    for name, (wall, cpu, said) in found.items():
        figures = " ".join(f"{figure:.10g}" for figure in said)
        print(f"  {name:20} {wall:8.4f} s {wall / ours[0]:6.2f}x  processor {cpu:8.4f} s {cpu / ours[1]:6.2f}x  {figures}")
    peers = [figures for name, figures in found.items() if name != "patronage"]
    ratios = [min(peer[i] for peer in peers) / ours[i] for i in (0, 1)]
    print(f"  the fastest peer takes {ratios[0]:.2f} times as long (goal {goal}), {ratios[1]:.2f} times the processor time", flush=True)


def kmeans(binary, folder, name, n, d, k, goal, max_iter, runs):
    rows, starts = customers(n, d, k, 7)
    rows.astype("<f8").tofile(f"{folder}/rows")
    starts.astype("<f8").tofile(f"{folder}/starts")
    rows32 = rows.astype(np.float32)
    ours = Ours(binary, f"{folder}/rows", f"{folder}/starts", str(n), str(d), str(k), str(max_iter))
    found = compare(
        {
            "patronage": ours,
            "scikit-learn lloyd": lambda: sklearn_run("lloyd", rows, starts, max_iter),
            "scikit-learn elkan": lambda: sklearn_run("elkan", rows, starts, max_iter),
            "faiss": lambda: faiss_run(rows, rows32, starts, max_iter),
        },
        runs,
    )
    ours.close()
    report(f"k-means {name}: {n} x {d}, k {k}, at most {max_iter} iterations (inertia, iterations)", found, goal)
    for peer, (_, _, said) in found.items():
        if found["patronage"][2][0] > 1.0001 * said[0]:
            sys.exit(f"the inertia of {peer} is less")


def silhouettes(binary, folder, n, d, k, goal, runs):
    rows, _ = customers(n, d, k, 11)
    labels = KMeans(k, n_init=1, random_state=0).fit_predict(rows).astype("<u4")
    rows.astype("<f8").tofile(f"{folder}/rows")
    labels.tofile(f"{folder}/labels")
    ours = Ours(binary, "silhouette", f"{folder}/rows", f"{folder}/labels", str(n), str(d))

    def theirs():
        start = time.perf_counter()
        mean = silhouette_score(rows, labels)
        return [time.perf_counter() - start, mean]

    found = compare({"patronage": ours, "scikit-learn": theirs}, runs)
    ours.close()
    report(f"silhouette, exact: {n} x {d}, {k} clusters (mean)", found, goal)
    (mine,), (other,) = found["patronage"][2], found["scikit-learn"][2]
    if abs(mine - other) > 1e-9:
        sys.exit(f"the silhouettes differ: {mine} and {other}")


def growth(binary, folder, max_iter):
    print("\ngrowth, k-means d 16, k 50 and silhouette d 8: seconds")
    for n in (100_000, 300_000, 900_000):
        rows, starts = customers(n, 16, 50, 7)
        rows.astype("<f8").tofile(f"{folder}/rows")
        starts.astype("<f8").tofile(f"{folder}/starts")
        ours = Ours(binary, f"{folder}/rows", f"{folder}/starts", str(n), "16", "50", str(max_iter))
        found = [ours() for _ in range(4)][1:]
        ours.close()
        seconds = statistics.median(figures[0] for figures in found)
        print(f"  k-means {n}: {seconds:.3f} s, {found[0][2]:.0f} iterations, {1e9 * seconds / n / found[0][2]:.2f} ns a row and iteration")
    for n in (5_000, 10_000, 20_000):
        rows, _ = customers(n, 8, 8, 11)
        labels = KMeans(8, n_init=1, random_state=0).fit_predict(rows).astype("<u4")
        rows.astype("<f8").tofile(f"{folder}/rows")
        labels.tofile(f"{folder}/labels")
        ours = Ours(binary, "silhouette", f"{folder}/rows", f"{folder}/labels", str(n), "8")
        seconds = statistics.median(ours()[0] for _ in range(3))
        ours.close()
        print(f"  silhouette {n}: {seconds:.3f} s, {1e9 * seconds / n / n:.3f} ns a pair")


def main():
    arguments = sys.argv[1:]
    if not arguments:
        sys.exit(__doc__)

    def option(name, default):
        return arguments[arguments.index(name) + 1] if name in arguments else default

    runs, max_iter, only = int(option("--runs", 5)), int(option("--max-iter", 100)), option("--only", "")
    with tempfile.TemporaryDirectory() as folder, threadpool_limits(2):
        faiss.omp_set_num_threads(2)
        for name, n, d, k, goal in WORK:
            if only in name:
                kmeans(arguments[0], folder, name, n, d, k, goal, max_iter, runs)
        if only in "silhouette":
            silhouettes(arguments[0], folder, 20_000, 8, 8, 5.0, runs)
        if "--growth" in arguments:
            growth(arguments[0], folder, max_iter)


main()
