#!/usr/bin/python3
"""Random loads and faults on a real pool, for as long as is asked; then calm, and nothing may be lost.

What is checked when the faults are over: every guest runs exactly once, with all of its memory as it
wrote it; no ticket is out; hosts are asleep or in use; a replay of the journal is identical. What the
tail asks of an operator is done as he would do it. A guest that nobody can save is counted, explained
by the fault that took it, and started anew; one whose loss no fault explains is wrong.
"""
import argparse
import sys
import time

sys.dont_write_bytecode = True

from soaked_pool import SoakedPool  # noqa: E402
from checks import calm  # noqa: E402
from operator_played import Operator  # noqa: E402
from report import report  # noqa: E402
from rounds import BY_DEFAULT, Rounds, kinds_of  # noqa: E402


def soak(asked):
    """What is wrong at its end."""
    faults = []
    pool = SoakedPool(asked.guests, any(kind.startswith("clock-") for kind in kinds_of(asked)))
    operator = Operator(pool, faults)
    rounds = Rounds(asked, pool, operator, faults)
    try:
        pool.up(asked.hosts)
        rounds.start_controller()
        end = time.monotonic() + asked.minutes * 60
        while time.monotonic() < end:
            rounds.one_round()
        wrong = calm(pool, rounds, operator)
    finally:
        pool.end()
    report(pool, rounds, operator)
    return wrong


def arguments():
    parser = argparse.ArgumentParser(prog="tools/lab soak", description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hosts", type=int, default=3)
    parser.add_argument("--guests", type=int, default=3)
    parser.add_argument("--every", type=float, default=20, metavar="SECONDS", help="a fault")
    parser.add_argument("--kills", type=float, default=0, metavar="SHARE",
                        help="of rounds, 0 to 1, with the controller killed at a random moment besides")
    parser.add_argument("--kinds", help="comma-separated; default: " + ",".join(BY_DEFAULT))
    parser.add_argument("--crashes", action="store_true",
                        help="hosts crash too; their guests count as lost, and explained")
    return parser.parse_args()


def main():
    wrong = soak(arguments())
    for what in wrong:
        print(f"WRONG {what}")
    print(f"soak: {len(wrong)} wrong")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
