#include "control/refused_calls.h"

namespace gatehouse::control {

bool RefusedCalls::count(std::string_view client) {
  settlement::RequestRecord call;
  call.client = client;
  const std::scoped_lock lock(mutex_);
  any_ = true;
  return !counted_.folds(call, clock_.steady());
}

std::vector<RefusedCalls::Count> RefusedCalls::take(bool all) {
  std::vector<Count> counts;
  const std::scoped_lock lock(mutex_);
  if (!any_) return counts;
  if (all) any_ = false;
  counted_.settle(clock_.steady(), all, [&counts](const settlement::RequestRecord& counted) {
    counts.push_back({std::string(counted.client), counted.folded});
  });
  return counts;
}

}  // namespace gatehouse::control
