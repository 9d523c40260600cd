"""What must be so when the faults are over."""
import os
import re
import tempfile

from pool import Redis, is_settled

CALM_S = 240


def calm(pool, rounds, operator):
    """What is wrong; nothing should be."""
    pool.lab_does("slow", "h1", "off")
    rounds.kill_at = None
    rounds.until(rounds.all_undone, 120, f"undone: {rounds.to_undo}")
    operator.lose_missing(rounds)
    wrong = []
    for vm in pool.guests:
        wrong += missed(pool, rounds, lambda vm=vm: pool.idle(vm), 120, f"{vm} answers")
    wrong += missed(pool, rounds, lambda: is_settled(pool.controller.status()), CALM_S,
                    "the pool is at rest")
    return wrong + wrong_guests(pool, operator) + tickets_out(pool) + wrong_replay(pool, operator.faults)


def missed(pool, rounds, condition, within, what):
    try:
        rounds.until(condition, within, what)
        return []
    except AssertionError as error:
        tail = "\n".join(map(str, pool.tail.lines[-40:]))
        return [f"{error}: {pool.controller.status()}\n{tail}\n{pool.controller.log()[-2000:]}"]


def wrong_guests(pool, operator):
    return [*(f"{vm} runs on {on}" for vm, on in pool.where().items() if len(on) != 1),
            *(f"{vm}: its kernel crashed" for vm in operator.crashed),
            *(f"{vm}: {reply}" for vm, reply in pool.memory().items() if "bad_pages=0" not in reply),
            *(f"nothing explains this loss: {line}" for line, why in operator.lost if not why)]


def tickets_out(pool):
    return [f"a ticket is out: {host}" for host in pool.controller.status()["hosts"]
            if host.get("desk", {}).get("tickets_out", 0)]


# A Redis that was killed may have lost the last of what it had taken: a hole each, and no more. One that
# stands still is killed by the next controller.
def wrong_replay(pool, faults):
    try:
        replay = Redis(pool.lab).replay("--all")
    except AssertionError as error:  # it does not agree, or can't be made
        return [f"replay: {error}\n  the journal is kept: {kept_journal(pool)}"]
    print(f"replay: {replay.strip()}")
    found = re.search(r"holes ([0-9]+)", replay)
    killed = sum(fault.kind in ("redis-killed", "redis-stopped") for fault in faults)
    good = "identical" in replay and (not found or int(found.group(1)) <= killed)
    return [] if good else [f"replay: {replay}"]


def kept_journal(pool):
    """The lab goes, and what it did with it: of a replay that does not agree it is all there is."""
    descriptor, path = tempfile.mkstemp(prefix="nemuri-soak-journal.")
    os.close(descriptor)
    Redis(pool.lab).replay("--all", "--save", path)
    return path
