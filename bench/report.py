#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Puts the groups' figures into one table beside the bars, or (--json) into one object. --write FILE also keeps them there, beside those of
the groups that were not measured this time."""
import json, os, platform, re, subprocess, sys

# key: (bar now, where it goes next, what it says). '<=' and '>=' bars; '' is reported without one.
BARS = {
    "sync.join_100k.entries_per_s": (">= 40000", "150000", "a newcomer receives the corpus into queryable tables, flushed; TCP, Noise, yamux"),
    "sync.join_100k_unix.entries_per_s": (">= 40000", "150000", "the same over a Unix socket, with nothing in between"),
    "sync.bytes_per_entry": ("<= 215", "180", "mean over the corpus, payload on an open stream"),
    "log.verify_run.entries_per_s": ("", "", "decode, hash, link, one signature at the end of each log's run"),
    "log.seal.entries_per_s": ("", "", "committed transactions signed and encrypted, one process"),
    "store.insert_bulk.ratio_raw": ("<= 2.2", "1.5", "75,000 rows in one transaction, change log on, against raw SQLite"),
    "store.insert_single.ratio_raw": ("<= 2.5", "2", "one row a transaction, to commit"),
    "store.insert_sealed.ratio_raw": ("<= 6", "4", "one row a transaction, until signed and encrypted"),
    "store.merge.ratio_raw": ("<= 4", "2", "merging those rows into an empty store"),
    "node.live_latency_ms_p99": ("<= 50", "10", "write here to row there, 100 posts/s, with flush"),
    "p2p.handshakes.ratio_js": (">= 10", "", "dials to an open stream, against js-libp2p to js-libp2p"),
    "p2p.throughput.ratio_js": (">= 5", "", "one stream over loopback TCP, against js-libp2p to js-libp2p"),
    "p2p.connect.bytes": ("<= 700", "500", "both ways, from dialing until /kith/sync/1 is agreed on, without identify"),
    "p2p.memory_per_connection_kb": ("<= 40", "16", "PSS of a connection at rest, of the side that needs more"),
    "web.first_load_kb": ("<= 45", "40", "a cold visit: JS and CSS until the first screen stands there with its words, gzip as served"),
    "web.wasm_kb": ("<= 700", "500", "the core, compressed as served"),
    "web.tti_ms": ("<= 2500", "1500", "cold, CPU slowed 4x: first page painted and the thread free"),
    "web.offline_reload_ms": ("<= 1000", "500", "server stopped: reload to one's own posts painted"),
    "web.write_to_paint_ms_p95": ("<= 100", "50", "press Post to the notice painted"),
    "web.live_to_paint_ms_p95": ("<= 250", "100", "press in another browser to painted here, through a house"),
    "web.join_20k_s": ("<= 4", "2", "press Join to 20,000 posts searchable"),
    "web.join_first_posts_s": ("<= 1", "0.5", "press Join to the newest posts painted, 20,000 there"),
    "web.search_ms_p95": ("<= 50", "20", "a key to results painted, over 20,000 posts"),
    "web.longest_task_ms": ("<= 50", "", "on the page's thread while joining"),
    "node.rss_idle_mb": ("<= 60", "30", "PSS of a node after 60 s idle, 100,000 entries"),
}


def verdict(value, bar):
    if not bar:
        return ""
    relation, limit = bar.split()
    holds = value <= float(limit) if relation == "<=" else value >= float(limit)
    return "holds" if holds else "**falls short**"


def number(value):
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def table(figures):
    lines = ["| figure | measured | bar | | next | what |", "|---|---|---|---|---|---|"]
    for key in [k for k in BARS if k in figures] + sorted(k for k in figures if k not in BARS):
        bar, following, what = BARS.get(key, ("", "", ""))
        lines.append(f"| `{key}` | {number(figures[key])} | {bar} | {verdict(figures[key], bar)} | {following} | {what} |")
    return "\n".join(lines)


def group(key):
    return key.split(".")[0]


def kept(path):
    """Of the file as it is: the figures, and the revision at which each group was measured."""
    text = open(path, encoding="utf-8").read() if os.path.exists(path) else ""
    figures = {key: float(value.replace(",", "")) for key, value in re.findall(r"^\| `(\S+)` \| (\S+) \|", text, re.M)}
    return figures, dict(re.findall(r"(\w+) at ([0-9a-f]+)", text))


def write(path, figures):
    revision = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    cpu = next((l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), platform.machine())
    fresh = {group(key) for key in figures}
    before, revisions = kept(path)
    figures = figures | {key: value for key, value in before.items() if group(key) not in fresh}
    revisions |= {name: revision for name in fresh}
    measured = ", ".join(f"{name} at {at}" for name, at in sorted(revisions.items()))
    with open(path, "w", encoding="utf-8") as out:
        out.write("# Results\n\nMade by `script/bench`; every ratio is against a baseline measured in the same run. "
                  f"{cpu}, two cores, release build. Revisions: {measured}.\n\n{table(figures)}\n")


def main():
    arguments = sys.argv[1:]
    to = arguments[arguments.index("--write") + 1] if "--write" in arguments else None
    figures = {}
    for name in arguments:
        if name.endswith(".json"):
            figures.update(json.load(open(name, encoding="utf-8")))
    if "--json" in arguments:
        print(json.dumps(figures, indent=1))
        return
    print(table(figures))
    if to:
        write(to, figures)


main()
