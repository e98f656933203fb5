"""How fast MiniLM embeds short turns, and what loading it costs.

    python benchmarks/embed.py [--texts 256] [--rounds 5] [--threads 1 2]

Prints JSON. Each thread count runs in a fresh Python, so its load time is that of a new process (the files are
most likely in the page cache). `one` embeds text by text, `all` hands every text over in one call, which sorts them
by length into batches of 32. Rates are the median of the rounds; CPU times count every thread.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from multiprocessing import get_context

from ricordo.providers import Embedder, MiniLM

TEXT = """ana ben lisbon moved garden water kitchen tea coffee meeting tuesday report deadline train ticket doctor
peanut allergy birthday sister brother guitar lesson server deploy release branch python database index price budget
flight hotel museum photo recipe bread winter summer rain project customer invoice contract laptop battery phone the
a to of in on with and for about from before after every next last new old two three said asked likes needs wants
bought found lost wrote called plans hopes remembers forgot"""


def turns(count: int, seed: int = 7) -> list[str]:
    """Return short turns of 8 to 32 words, the same for the same seed."""
    choose, words = random.Random(seed), TEXT.split()
    return [" ".join(choose.choices(words, k=choose.randint(8, 32))) + "." for _ in range(count)]


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return the wall seconds and CPU seconds of `work`."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def rate(work: Callable[[], object], texts: int, rounds: int) -> dict[str, float]:
    """Return texts per second and CPU milliseconds a text."""
    runs = [timed(work) for _ in range(rounds)]
    wall, cpu = (statistics.median(column) for column in zip(*runs, strict=True))
    return {"per_second": round(texts / wall, 1), "cpu_ms_each": round(1000 * cpu / texts, 2)}


def one_by_one(embedder: Embedder, texts: Sequence[str]) -> None:
    """Embed each text in a call of its own."""
    for text in texts:
        embedder.embed([text])


def measure(threads: int, count: int, rounds: int) -> dict[str, object]:
    """Return the figures of one thread count; run in a fresh process."""
    texts = turns(count)
    found: list[Embedder] = []
    find, _ = timed(lambda: found.append(MiniLM.load(threads=threads)))
    embedder = found[0]
    load, load_cpu = timed(lambda: embedder.embed(texts[:1]))
    one_by_one(embedder, texts[:8])
    return {
        "threads": threads,
        "find_ms": round(1000 * find, 2),
        "first_embed_s": round(load, 3),
        "first_embed_cpu_s": round(load_cpu, 3),
        "one": rate(lambda: one_by_one(embedder, texts), count, rounds),
        "all": rate(lambda: embedder.embed(texts), count, rounds),
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def every(threads: Sequence[int], count: int, rounds: int) -> Iterator[dict[str, object]]:
    """Yield the figures of each thread count, each from a process of its own."""
    for number in threads:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            yield pool.submit(measure, number, count, rounds).result()


def main() -> None:
    """Run the benchmark and print its JSON."""
    parser = argparse.ArgumentParser(description="MiniLM: texts embedded per second, and load time.")
    parser.add_argument("--texts", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    asked = parser.parse_args()
    words = [len(text.split()) for text in turns(asked.texts)]
    report = {
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("numpy", "onnx", "onnxruntime", "tokenizers")},
        "cores": os.cpu_count(),
        "load_average": round(os.getloadavg()[0], 2),
        "texts": asked.texts,
        "words_each": round(statistics.mean(words), 1),
        "runs": list(every(asked.threads, asked.texts, asked.rounds)),
    }
    json.dump(report, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
