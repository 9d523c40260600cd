"""What a soak came to."""
import collections
import statistics


def report(pool, rounds, operator):
    print(f"faults: {sum(rounds.drawn.values())}: {dict(rounds.drawn)}, of them not to be begun: "
          f"{dict(rounds.not_begun)}")
    migrations = [line for line in pool.lines if line.get("actor") == "migration"]
    ended = collections.Counter(line["to"] for line in migrations
                                if line["to"] in ("complete", "stayed", "lost"))
    resumed = [line for line in migrations if (line["from"], line["to"]) == ("recovering", "complete")]
    print(f"migrations: {dict(ended)}, of the complete ones resumed: {len(resumed)}; "
          f"an operator was asked for: {dict(operator.asked_for)}")
    report_times(migrations)
    print(f"guests lost: {len(operator.lost)}")
    for line, why in operator.lost:
        print(f"  {why}: {line}")


def report_times(migrations):
    """Of each migration that the controller saw whole: downtime and total time, in ms."""
    done = [line for line in migrations if line["to"] == "complete"
            and line["reason"]["code"] in ("migration_complete", "moved_in")]
    for name, place in (("downtime", 0), ("in all", 1)):
        values = sorted(line["reason"]["values"][place] for line in done)
        if values:
            print(f"{name} (ms): median {statistics.median(values):.0f}, largest {values[-1]}, "
                  f"of {len(values)}")
    print("each (VM downtime/in all):", ", ".join(
        f"{line['name']} {line['reason']['values'][0]}/{line['reason']['values'][1]}" for line in done))
