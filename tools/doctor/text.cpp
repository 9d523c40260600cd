#include "tools/doctor/text.h"

#include <fmt/format.h>

#include <algorithm>

#include "actors/ports/json_text.h"

namespace doctor {

using actors::name_of;
using actors::preflight::Finding;

namespace {

constexpr std::size_t kGap = 2;

struct Unseen {
  HostId host;
  std::string why;
  template <class Archive, class Self>
  static void fields(Archive& archive, Self& self) {
    archive("host", self.host)("why", self.why);
  }
};

std::string_view word_of(Answer answer) {
  return answer == Answer::unseen ? "?" : name_of(answer);
}

template <class List, class Text>
std::size_t width_of(const List& list, std::string_view head, Text text) {
  std::size_t most = head.size();
  for (const auto& one : list)
    most = std::max(most, std::string_view{text(one)}.size());
  return most + kGap;
}

std::string table(const PoolSeen& pool, const std::vector<Row>& rows) {
  const auto vm = width_of(rows, "VM", [](const Row& row) { return row.name; });
  const auto on = width_of(rows, "ON", [](const Row& row) { return row.on.text; });
  const auto column = [](const HostId& host) {
    return std::max(host.text.size(), std::string_view{"warning"}.size()) + kGap;
  };
  std::string out = fmt::format("{:<{}}{:<{}}", "VM", vm, "ON", on);
  for (const HostSeen& host : pool.hosts)
    out += fmt::format("{:<{}}", host.host.text, column(host.host));
  for (const Row& row : rows) {
    out += fmt::format("\n{:<{}}{:<{}}", row.name, vm, row.on.text, on);
    for (const Cell& cell : row.cells)
      out += fmt::format("{:<{}}", word_of(cell.answer), column(cell.host));
  }
  return out + "\n";
}

/// A finding, and all moves that have it: most are of a host, or of a VM, and are said once.
struct Said {
  Finding finding;
  std::vector<std::string> moves;
};

std::vector<Said> gathered(const std::vector<Row>& rows) {
  std::vector<Said> out;
  for (const Row& row : rows) {
    for (const Cell& cell : row.cells) {
      for (const Finding& finding : cell.findings) {
        auto same = std::ranges::find_if(out, [&](const Said& said) {
          return said.finding.what == finding.what && said.finding.check == finding.check;
        });
        if (same == out.end()) same = out.insert(out.end(), {finding, {}});
        same->moves.push_back(row.name + " -> " + cell.host.text);
      }
    }
  }
  std::ranges::stable_sort(out, std::ranges::greater{},
                           [](const Said& said) { return said.finding.severity; });
  return out;
}

std::string moves_of(const Said& said) {
  constexpr std::size_t kMost = 5;
  std::string out;
  for (std::size_t i = 0; i < std::min(said.moves.size(), kMost); ++i)
    out += (i > 0 ? ", " : "") + said.moves[i];
  if (said.moves.size() > kMost) out += fmt::format(" and {} more", said.moves.size() - kMost);
  return out;
}

}  // namespace

std::string as_text(const PoolSeen& pool, const std::vector<Row>& rows) {
  std::string out = rows.empty() ? "No VM runs on the hosts that answered.\n" : table(pool, rows);
  for (const Said& said : gathered(rows))
    out += fmt::format("\n{} ({}): {}\n  {}\n  mend: {}\n", name_of(said.finding.severity),
                       name_of(said.finding.check), moves_of(said), said.finding.what,
                       said.finding.mend);
  for (const HostSeen& host : pool.hosts)
    if (!host.seen())
      out += fmt::format("\n? {}: not looked at: {}\n", host.host.text, host.why_unseen);
  if (!pool.why_no_redis.empty())
    out +=
        fmt::format("\n? Redis: {}: nothing is known of what only agents see\n", pool.why_no_redis);
  return out;
}

std::string as_json(const PoolSeen& pool, const std::vector<Row>& rows) {
  std::vector<Unseen> unseen;
  for (const HostSeen& host : pool.hosts)
    if (!host.seen()) unseen.push_back({host.host, host.why_unseen});
  std::string out;
  actors::Writer writer{out};
  writer("type", std::string{"doctor"})("vms", rows)("unseen", unseen);
  writer("no_redis", pool.why_no_redis).end();
  return out + "\n";
}

}  // namespace doctor
