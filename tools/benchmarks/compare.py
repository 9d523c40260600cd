#!/usr/bin/env python3
"""Holds results of Google Benchmark against the stored baseline, as ratios.

compare.py [--store] --out FILE RESULT...   RESULT without its .json
"""
import argparse
import json
import os
import pathlib
import sys

BASELINE = pathlib.Path(__file__).with_name("baseline.json")
WORSE = 1.5  # above it a figure is marked and the exit code 1: less is noise of a shared machine


def figures(path):
    """name -> {ns_per_item, ...} of one result file."""
    out = {}
    for run in json.loads(pathlib.Path(path + ".json").read_text())["benchmarks"]:
        if run.get("error_occurred"):
            sys.exit(f"{run['name']}: {run['error_message']}")
        name = f"{os.path.basename(path)}/{run['name']}"
        out[name] = {"ns_per_item": round(1e9 / run["items_per_second"], 1)}
        if "bytes_per_vm" in run:
            out[name]["bytes_per_vm"] = round(run["bytes_per_vm"])
    return out


def compare(found, baseline):
    """Adds the ratio to each; true if none is worse."""
    fine = True
    for name, figure in found.items():
        before = baseline.get(name)
        if before:
            figure["ratio"] = round(figure["ns_per_item"] / before["ns_per_item"], 2)
            fine = fine and figure["ratio"] <= WORSE
        mark = "" if figure.get("ratio", 1) <= WORSE else "  WORSE"
        print(f"{name:28} {figure['ns_per_item']:10.1f} ns  x{figure.get('ratio', '-')}{mark}")
    return fine


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--store", action="store_true", help="as the new baseline")
    arguments.add_argument("--out", required=True)
    arguments.add_argument("results", nargs="+")
    given = arguments.parse_args()
    baseline = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    found = {}
    for path in given.results:
        found.update(figures(path))
    fine = compare(found, baseline)
    pathlib.Path(given.out).write_text(json.dumps(found, indent=2) + "\n")
    if given.store:
        baseline.update({k: {n: v for n, v in f.items() if n != "ratio"} for k, f in found.items()})
        BASELINE.write_text(json.dumps(baseline, indent=2, sort_keys=True) + "\n")
    sys.exit(0 if fine or given.store else 1)


main()
