// Encoding and decoding of stats entries: the hot path, so decoding allocates nothing but its
// result.
#include <hiredis/hiredis.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "drivers/redis/text.h"
#include "drivers/redis/wire.h"

namespace drivers::redis {

namespace {

using namespace actors::ports;
using actors::kMostAmount;
using actors::VmId;
using reactor::Duration;
using reactor::Errc;
using reactor::Error;
using reactor::Result;

constexpr std::string_view kVersion = "1";
constexpr std::size_t kHeader = 14;  ///< pairs before the VMs
constexpr std::size_t kVmNumbers = 7;
constexpr std::int64_t kMostVcpus = 65'536;

struct ValueFields {
  const std::vector<Value>& items;
  std::size_t size() const { return items.size(); }
  std::string_view operator[](std::size_t i) const { return items[i].text; }
};

struct ReplyFields {
  const redisReply& reply;
  std::size_t size() const { return reply.elements; }
  std::string_view operator[](std::size_t i) const {
    const redisReply& item = *reply.element[i];
    return item.type == REDIS_REPLY_STRING ? std::string_view{item.str, item.len}
                                           : std::string_view{};
  }
};

/// "cpu_mcores vcpus mem_kib rx tx rd wr" and what may stand there.
constexpr std::array<std::int64_t, kVmNumbers> kVmMost{
    kMostMcores, kMostVcpus, kMostAmount, kMostAmount, kMostAmount, kMostAmount, kMostAmount};

// Numbers, a blank after each; then the state's letter is left over.
bool read_numbers(std::string_view& text, std::array<std::int64_t, kVmNumbers>& numbers) {
  const char *at = text.data(), *end = at + text.size();
  for (std::size_t i = 0; i < kVmNumbers; ++i) {
    if (at == end || *at == '-') return false;
    const auto [stop, error] = std::from_chars(at, end, numbers[i]);
    if (error != std::errc{} || stop == end || *stop != ' ' || numbers[i] > kVmMost[i])
      return false;
    at = stop + 1;
  }
  text = {at, static_cast<std::size_t>(end - at)};
  return true;
}

bool read_letter(std::string_view text, VmLetter& state) {
  constexpr auto kLetters = names(VmLetter{});
  const auto found = std::find(kLetters.begin(), kLetters.end(), text);
  state = static_cast<VmLetter>(found - kLetters.begin());
  return found != kLetters.end();
}

bool read_vm(std::string_view text, VmSample& vm) {
  std::array<std::int64_t, kVmNumbers> n{};
  if (!read_numbers(text, n) || n[1] < 1) return false;
  vm.use = {{n[0]}, {n[2]}, n[3], n[4], n[5], n[6]};
  vm.vcpus = static_cast<std::int32_t>(n[1]);
  return read_letter(text, vm.state);
}

template <class List>
class StatsDecoder {
 public:
  explicit StatsDecoder(List list) : list_(list) {}

  Result<HostSample> decode() {
    if (!shape() || !header() || !vms())
      return Error{Errc::malformed, "stats entry: " + std::move(fault_)};
    return std::move(sample_);
  }

 private:
  bool fail(std::string_view where, std::string_view what) {
    fault_ = std::string{where} + ": \"" + std::string{what.substr(0, 100)} + "\"";
    return false;
  }

  bool shape() {
    if (list_.size() % 2 != 0 || list_.size() < 2 * kHeader)
      return fail("number of fields and texts", std::to_string(list_.size()));
    if (list_.size() > 2 * (kHeader + kMostVms))
      return fail("number of VMs", std::to_string(list_.size() / 2 - kHeader));
    return true;
  }

  bool header() {
    std::string_view version, host, boot;
    std::int64_t t = 0, wall = 0, dt = 0;
    Use& use = sample_.use;
    if (!text("v", version)) return false;
    if (version != kVersion) return fail("unknown version", version);
    const bool read = text("host", host) && text("boot", boot) && number("seq", sample_.seq, 1) &&
                      number("inv", sample_.revision) && number("t_ms", t) &&
                      number("wall_ms", wall) && number("dt_ms", dt, 1, kLongestDtMs) &&
                      number("cpu_mcores", use.cpu.count, 0, kMostMcores) &&
                      number("mem_kib", use.memory.count) && number("rx", use.rx) &&
                      number("tx", use.tx) && number("rd", use.rd) && number("wr", use.wr);
    if (!read) return false;
    if (!is_word(host)) return fail("host", host);
    if (!is_word(boot)) return fail("boot", boot);
    sample_.host.text = host;
    sample_.boot.text = boot;
    sample_.t = Duration{t};
    sample_.wall = Duration{wall};
    sample_.dt = Duration{dt};
    return true;
  }

  bool text(std::string_view name, std::string_view& into) {
    if (list_[at_] != name) return fail("expected " + std::string{name} + ", found", list_[at_]);
    into = list_[at_ + 1];
    at_ += 2;
    return true;
  }

  bool number(std::string_view name, std::int64_t& into, std::int64_t least = 0,
              std::int64_t most = kMostAmount) {
    std::string_view digits;
    if (!text(name, digits)) return false;
    const auto amount = parse_amount(digits);
    if (!amount || *amount < least || *amount > most) return fail(name, digits);
    into = *amount;
    return true;
  }

  bool vms() {
    sample_.vms.resize((list_.size() - at_) / 2);
    VmId before;
    for (VmSample& vm : sample_.vms) {
      const auto uuid = VmId::parse(list_[at_]);
      if (!uuid) return fail("no UUID", list_[at_]);
      if (*uuid <= before) return fail("VM twice or out of order", list_[at_]);
      if (!read_vm(list_[at_ + 1], vm)) return fail("VM " + uuid->text(), list_[at_ + 1]);
      vm.vm = before = *uuid;
      at_ += 2;
    }
    return true;
  }

  List list_;
  std::size_t at_ = 0;
  HostSample sample_;
  std::string fault_;
};

std::string vm_text(const VmSample& vm) {
  std::string text;
  for (const std::int64_t number : {vm.use.cpu.count, std::int64_t{vm.vcpus}, vm.use.memory.count,
                                    vm.use.rx, vm.use.tx, vm.use.rd, vm.use.wr})
    text.append(std::to_string(number)).append(" ");
  return text.append(actors::name_of(vm.state));
}

}  // namespace

Fields encode_stats(const HostSample& sample) {
  const auto number = [](std::int64_t n) { return std::to_string(n); };
  const Use& use = sample.use;
  Fields fields{{"v", std::string{kVersion}},
                {"host", sample.host.text},
                {"boot", sample.boot.text},
                {"seq", number(sample.seq)},
                {"inv", number(sample.revision)},
                {"t_ms", number(sample.t.count())},
                {"wall_ms", number(sample.wall.count())},
                {"dt_ms", number(sample.dt.count())},
                {"cpu_mcores", number(use.cpu.count)},
                {"mem_kib", number(use.memory.count)},
                {"rx", number(use.rx)},
                {"tx", number(use.tx)},
                {"rd", number(use.rd)},
                {"wr", number(use.wr)}};
  for (const VmSample& vm : sample.vms)
    fields.emplace_back(vm.vm.text(), vm_text(vm));
  std::sort(fields.begin() + static_cast<std::ptrdiff_t>(kHeader), fields.end());
  return fields;
}

Result<HostSample> decode_stats(const Value& fields) {
  return StatsDecoder{ValueFields{fields.items}}.decode();
}

Result<HostSample> decode_stats(const redisReply& fields) {
  if (fields.type != REDIS_REPLY_ARRAY) return Error{Errc::malformed, "stats entry: no array"};
  return StatsDecoder{ReplyFields{fields}}.decode();
}

}  // namespace drivers::redis
