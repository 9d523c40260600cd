#include "tools/report/recorder.h"

#include <algorithm>

namespace report {
namespace {

constexpr std::int64_t kHundredths = 100;

}  // namespace

Recorder::Recorder(const Pool& pool, std::int64_t seconds)
    : host_ucores_(pool.hosts.size()),
      host_deciwatts_(pool.hosts.size()),
      switch_deciwatts_(pool.switches.size()),
      uses_(pool.vms.size()) {
  out_.seconds = seconds;
  out_.bucket_s = std::max<std::int64_t>(1, (seconds + kBuckets - 1) / kBuckets);
  out_.host_ucores.resize(pool.hosts.size());
  out_.host_deciwatts.resize(pool.hosts.size());
  out_.switch_deciwatts.resize(pool.switches.size());
}

void Recorder::add(const Second& second) {
  if (second_ == out_.seconds) return;
  add(on_, kHundredths * second.hosts_on);
  add(watts_, second.deciwatts);
  add_hosts(second);
  for (const VmSecond& vm : second.vms)
    add_vm(vm);
  ++second_;
  if (++in_bucket_ == out_.bucket_s) end_bucket();
}

Recording Recorder::take() {
  if (in_bucket_ > 0) end_bucket();
  out_.seconds = second_;
  if (!hosts_known_) {
    out_.host_ucores.clear();
    out_.host_deciwatts.clear();
    out_.switch_deciwatts.clear();
  }
  return std::move(out_);
}

void Recorder::add_hosts(const Second& second) {
  hosts_known_ = hosts_known_ || !second.hosts.empty();
  for (std::size_t i = 0; i < second.hosts.size(); ++i) {
    const HostSecond& host = second.hosts[i];
    add(host_ucores_[i], host.ucores);
    host_deciwatts_[i] += host.deciwatts;
  }
  for (std::size_t i = 0; i < second.switch_deciwatts.size(); ++i)
    switch_deciwatts_[i] += second.switch_deciwatts[i];
}

void Recorder::add_vm(const VmSecond& second) {
  if (second.ucores == 0) return;
  std::vector<Use>& uses = uses_[static_cast<std::size_t>(second.vm)];
  const auto use = std::ranges::find(uses, second.host, &Use::host);
  if (use != uses.end())
    use->sum += second.ucores;
  else
    uses.push_back({second.host, second.ucores});
}

void Recorder::end_bucket() {
  const auto bucket = static_cast<std::int32_t>(out_.hosts_on.mean.size());
  put(out_.hosts_on, on_);
  put(out_.deciwatts, watts_);
  for (std::size_t i = 0; i < host_ucores_.size(); ++i) {
    put(out_.host_ucores[i], host_ucores_[i]);
    out_.host_deciwatts[i].push_back(mean(host_deciwatts_[i]));
  }
  for (std::size_t i = 0; i < switch_deciwatts_.size(); ++i)
    out_.switch_deciwatts[i].push_back(mean(switch_deciwatts_[i]));
  std::ranges::fill(host_deciwatts_, 0);
  std::ranges::fill(switch_deciwatts_, 0);
  end_shares(bucket);
  in_bucket_ = 0;
}

void Recorder::end_shares(std::int32_t bucket) {
  for (std::size_t vm = 0; vm < uses_.size(); ++vm) {
    for (const Use& use : uses_[vm])
      out_.shares.push_back({bucket, static_cast<std::int32_t>(vm), use.host, mean(use.sum)});
    uses_[vm].clear();
  }
}

void Recorder::add(Sum& sum, std::int64_t value) const {
  const auto now = static_cast<std::int32_t>(value);
  sum.low = in_bucket_ == 0 ? now : std::min(sum.low, now);
  sum.high = in_bucket_ == 0 ? now : std::max(sum.high, now);
  sum.sum += value;
}

void Recorder::put(Track& track, Sum& sum) {
  track.mean.push_back(mean(sum.sum));
  if (out_.bucket_s > 1) {
    track.low.push_back(sum.low);
    track.high.push_back(sum.high);
  }
  sum = {};
}

std::int32_t Recorder::mean(std::int64_t sum) const {
  return static_cast<std::int32_t>((sum + in_bucket_ / 2) / in_bucket_);
}

}  // namespace report
