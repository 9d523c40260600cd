// The ports as one start of the controller has them: once it is killed, no answer reaches it.
#pragma once

#include <memory>
#include <utility>

#include "actors/controller/controller.h"

namespace experiments {

class PortsOfOneStart final : public actors::ports::Hypervisor,
                              public actors::ports::HostWake,
                              public actors::ports::Orders,
                              public actors::ports::Stream {
 public:
  explicit PortsOfOneStart(actors::Ports to) : to_(to) {}

  actors::Ports ports() { return {*this, *this, *this, *this}; }

  void open(const actors::HostId& host, const std::string& uri) override {
    to_.hypervisor.open(host, uri);
  }
  void close(const actors::HostId& host) override { to_.hypervisor.close(host); }
  void look_up(const actors::HostId& host, const actors::VmId& vm,
               actors::ports::Done<actors::ports::DomainLook> done) override {
    to_.hypervisor.look_up(host, vm, guard(std::move(done)));
  }
  void describe(const actors::HostId& host, const actors::VmId& vm,
                actors::ports::Done<std::string> done) override {
    to_.hypervisor.describe(host, vm, guard(std::move(done)));
  }
  void survey(const actors::ports::SurveyCall& call,
              actors::ports::Done<actors::ports::Survey> done) override {
    to_.hypervisor.survey(call, guard(std::move(done)));
  }
  void migrate(const actors::ports::MigrateCall& call,
               actors::ports::Done<reactor::Unit> done) override {
    to_.hypervisor.migrate(call, guard(std::move(done)));
  }
  void pause_postcopy(const actors::HostId& source, const actors::VmId& vm,
                      actors::ports::Done<reactor::Unit> done) override {
    to_.hypervisor.pause_postcopy(source, vm, guard(std::move(done)));
  }
  void resume_postcopy(const actors::ports::MigrateCall& call,
                       actors::ports::Done<reactor::Unit> done) override {
    to_.hypervisor.resume_postcopy(call, guard(std::move(done)));
  }
  void suspend(const actors::HostId& host, const actors::VmId& vm,
               actors::ports::Done<reactor::Unit> done) override {
    to_.hypervisor.suspend(host, vm, guard(std::move(done)));
  }
  void destroy(const actors::HostId& host, const actors::VmId& vm,
               actors::ports::Done<reactor::Unit> done) override {
    to_.hypervisor.destroy(host, vm, guard(std::move(done)));
  }
  void start(const actors::HostId& host, const std::string& xml,
             actors::ports::Done<reactor::Unit> done) override {
    to_.hypervisor.start(host, xml, guard(std::move(done)));
  }
  void switch_over(const actors::HostId& source, const actors::VmId& vm,
                   actors::ports::Done<reactor::Unit> done) override {
    to_.hypervisor.switch_over(source, vm, guard(std::move(done)));
  }
  void abort(const actors::HostId& source, const actors::VmId& vm,
             actors::ports::Done<reactor::Unit> done) override {
    to_.hypervisor.abort(source, vm, guard(std::move(done)));
  }
  void wake(const actors::HostId& host, int way, actors::ports::Done<reactor::Unit> done) override {
    to_.wake.wake(host, way, guard(std::move(done)));
  }
  void read(const actors::HostId& host, actors::ports::Done<actors::ports::Power> done) override {
    to_.wake.read(host, guard(std::move(done)));
  }
  void give(const actors::HostId& host, const actors::ports::Order& order,
            actors::ports::Done<actors::OrderId> done) override {
    to_.orders.give(host, order, guard(std::move(done)));
  }
  void append(const actors::ports::JournalFields& entry,
              actors::ports::Done<actors::StreamId> done) override {
    to_.stream.append(entry, guard(std::move(done)));
  }
  void keep_definition(const actors::ports::KeptMove& move, const std::string& xml,
                       actors::ports::Done<reactor::Unit> done) override {
    to_.stream.keep_definition(move, xml, guard(std::move(done)));
  }
  void mark_definition(const actors::ports::KeptMove& move,
                       actors::ports::Done<reactor::Unit> done) override {
    to_.stream.mark_definition(move, guard(std::move(done)));
  }
  void read_moves(actors::ports::Done<std::vector<actors::ports::KeptMove>> done) override {
    to_.stream.read_moves(guard(std::move(done)));
  }
  void drop_definition(const actors::VmId& vm) override { to_.stream.drop_definition(vm); }
  void read_definition(const actors::VmId& vm, actors::ports::Done<std::string> done) override {
    to_.stream.read_definition(vm, guard(std::move(done)));
  }
  void keep_wakes(const actors::HostId& host, const std::string& record,
                  actors::ports::Done<reactor::Unit> done) override {
    to_.stream.keep_wakes(host, record, guard(std::move(done)));
  }
  void read_wakes(const actors::HostId& host, actors::ports::Done<std::string> done) override {
    to_.stream.read_wakes(host, guard(std::move(done)));
  }
  void read_hello(const actors::HostId& host,
                  actors::ports::Done<actors::ports::HostHello> done) override {
    to_.stream.read_hello(host, guard(std::move(done)));
  }

 private:
  template <class T>
  actors::ports::Done<T> guard(actors::ports::Done<T> done) {
    return [alive = std::weak_ptr{alive_}, done = std::move(done)](const auto& result) {
      if (!alive.expired()) done(result);
    };
  }

  actors::Ports to_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace experiments
