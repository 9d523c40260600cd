"""Guests that are lost, and the fault that took each: one of those of which docs/failures.md says that
nobody can save the guest. Times are seconds of the machine's monotonic clock, as the tail's are."""
import dataclasses
import re

KEEPALIVES_S = 6.0  # who hangs for less than its peer waits takes nothing
# The peer asks after 2 s of silence, and gives up 6 s later. TCP sends what it asks with again after 0.2,
# 0.6, 1.4, 3.0 and 6.2 s: if the link is down for the first four, the answer comes 0.2 s too late.
LINK_S = 5.0
NOTICED_S = 2.0     # from what happens to a line that says it
ADDRESS = re.compile(r"://10\.77\.0\.(\d+)/")  # in a URI, of the host of that number


@dataclasses.dataclass
class Fault:
    kind: str
    host: str
    began: float
    ended: float = float("inf")  # as long as it is on

    def __str__(self):
        return f"{self.kind} {self.host}"

    def was_on(self, since, until):
        return self.began <= until and self.ended >= since


@dataclasses.dataclass
class Migration:
    """What the tail said of it, with the times at which it may have been switched and resumed."""
    source: str
    target: str  # None if nobody said it
    began: float
    switched: float
    resumed: float
    ended: float

    def ends(self, which):
        ends = {"source": self.source, "target": self.target}
        return ends.values() if which == "either" else [ends[which]]

    def span(self, phase):
        return {"before the switch": (self.began, self.switched),
                "before the resume": (self.switched - NOTICED_S, self.resumed),
                "after the switch": (self.switched - NOTICED_S, self.ended)}[phase]


@dataclasses.dataclass
class Deadly:
    """A row of docs/failures.md that ends in `lost`."""
    kind: str
    end: str
    phase: str
    lasting: float = 0.0

    def fits(self, fault, migration):
        return (fault.kind == self.kind and fault.host in migration.ends(self.end)
                and fault.was_on(*migration.span(self.phase))
                and fault.ended - fault.began >= self.lasting)


# Who loses a connection is cut off meanwhile.
DEADLY = (
    Deadly("host-crashed", "source", "before the switch"),
    Deadly("libvirtd-killed", "target", "before the resume"),
    Deadly("libvirtd-stopped", "target", "before the resume", KEEPALIVES_S),
    Deadly("link-cut", "either", "before the resume", LINK_S),
    Deadly("connection-broken", "source", "before the resume"),
    Deadly("connection-lost", "source", "before the resume"),
    Deadly("connection-lost", "either", "before the resume", LINK_S),
    Deadly("host-crashed", "either", "after the switch"),
)
# The target's emulator waits for a page that is gone, with its lock held.
HANGS_EMULATOR = (
    Deadly("connection-broken", "source", "after the switch"),
    Deadly("connection-lost", "source", "after the switch"),
    Deadly("link-cut", "either", "after the switch", KEEPALIVES_S),
)


def explanation(loss, lines, faults, hung_on=None):
    """The fault that took it, in words; None if none can have. `loss` is a line of the tail, `lines` has
    those before it; `hung_on` is the host on which its emulator answered to nothing."""
    migration = migration_of(loss, lines)
    if migration is None:
        return crash(loss, lines, faults)
    rows = DEADLY + HANGS_EMULATOR if hung_on else DEADLY
    took = [fault for fault in faults if any(row.fits(fault, migration) for row in rows)]
    return f"{f'its emulator on {hung_on} hung: ' if hung_on else ''}{took[-1]}" if took else None


def migration_of(loss, lines):
    """That took it away; None if it was lost at rest."""
    said, rested = [], 0.0
    for line in lines_of(loss, lines):
        if rests_after(line):
            said, rested = [], seconds(line)
        else:
            said = [line] if line["from"] == "preparing" else [*said, line]
    if not said or loss["reason"]["code"] == "stopped":
        return None
    # One that an earlier controller began, or switched, may have been so since.
    began, ended = seconds(said[0]) if said[0]["from"] == "preparing" else rested, seconds(loss)
    switched = next((line for line in said if line["to"] == "switched"), None)
    heard = switched and switched["reason"]["code"] != "looked"
    resumed = next((seconds(line) for line in said if line["to"] == "resumed"), ended)
    return Migration(said[0]["host"], target_of(said, loss), began,
                     seconds(switched) if heard else began, resumed, ended)


def target_of(said, loss):
    named = {host for line in [*said, loss] for host in hosts_in(line)} | {loss.get("target")}
    return min(named - {said[0]["host"], "", None}, default=None)


def hosts_in(line):
    """What a migration's line is about is one of its ends; so is a host in a command that it prints."""
    return {line["reason"].get("about"), *(f"h{n}" for n in ADDRESS.findall(line["text"]))}


def crash(loss, lines, faults):
    """Of its host, at any time since it came there: no guest outlives one."""
    since = max((seconds(line) for line in lines_of(loss, lines) if rests_after(line)), default=0.0)
    took = [fault for fault in faults if fault.kind == "host-crashed" and fault.host == loss.get("host")
            and fault.was_on(since, seconds(loss))]
    return str(took[-1]) if took else None


def lines_of(loss, lines):
    """Of its migrations so far, and of its end if it was lost before."""
    for line in lines:
        if line is loss:
            return
        about = line.get("actor"), line.get("to") == "gone"
        if line.get("name") == loss["name"] and about in (("migration", False), ("vm", True)):
            yield line


def rests_after(line):
    return line["to"] in ("complete", "stayed", "gone")


def seconds(line):
    return line["t_ms"] / 1000
