// The policies by their names in conf.yaml.
#include <algorithm>
#include <array>

#include "actors/policy/paper2011.h"

namespace actors {

namespace {

struct Entry {
  std::string_view name;
  std::unique_ptr<Policy> (*make)();
};

constexpr std::array kPolicies{
    Entry{"paper2011", []() -> std::unique_ptr<Policy> { return std::make_unique<Paper2011>(); }}};

}  // namespace

std::unique_ptr<Policy> make_policy(std::string_view name) {
  const auto found = std::ranges::find(kPolicies, name, &Entry::name);
  return found == kPolicies.end() ? nullptr : found->make();
}

std::vector<std::string_view> policy_names() {
  std::vector<std::string_view> names(kPolicies.size());
  std::ranges::transform(kPolicies, names.begin(), &Entry::name);
  return names;
}

}  // namespace actors
