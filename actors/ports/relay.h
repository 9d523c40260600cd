// Hands what drivers say on to a listener that is made after them, and to nobody once it is gone.
#pragma once

#include "actors/ports/hypervisor.h"
#include "actors/ports/stream.h"

namespace actors::ports {

class Relay final : public HypervisorListener, public StreamListener {
 public:
  /// Null: what comes is dropped.
  void set(HypervisorListener* hypervisor, StreamListener* stream) {
    hypervisor_ = hypervisor;
    stream_ = stream;
  }

  void linked(const HostId& host, std::vector<DomainLook> domains) override {
    if (hypervisor_) hypervisor_->linked(host, std::move(domains));
  }
  void unlinked(const HostId& host, std::string why) override {
    if (hypervisor_) hypervisor_->unlinked(host, std::move(why));
  }
  void news(DomainNews news) override {
    if (hypervisor_) hypervisor_->news(std::move(news));
  }
  void stats(MigrationStats stats) override {
    if (hypervisor_) hypervisor_->stats(std::move(stats));
  }
  void stats(StatsBatch batch) override {
    if (stream_) stream_->stats(std::move(batch));
  }
  void reply(Reply reply) override {
    if (stream_) stream_->reply(std::move(reply));
  }
  void leading(std::int64_t epoch) override {
    if (stream_) stream_->leading(epoch);
  }
  void blind(std::string why) override {
    if (stream_) stream_->blind(std::move(why));
  }

 private:
  HypervisorListener* hypervisor_ = nullptr;
  StreamListener* stream_ = nullptr;
};

}  // namespace actors::ports
