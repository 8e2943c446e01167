#include "firewall/output_guard.h"

#include <utility>

namespace gatehouse::firewall {
namespace {

/// Stands where no detector for output is loaded: shows what comes and reports what was skipped, or
/// blocks where the policy makes a detector mandatory.
class OpenGuard final : public OutputGuard {
 public:
  OpenGuard(std::shared_ptr<const Policy> policy) : policy_(std::move(policy)) {
    for (const Detector detector : {Detector::pii, Detector::secrets, Detector::leak}) {
      const DetectorSpec& spec = policy_->detector(detector);
      if (!spec.enabled) continue;
      verdict_.skipped.add(detector);
      if (spec.on_failure == OnFailure::closed && !policy_->shadow())
        verdict_.cannot_run = detector;
    }
  }
  Step feed(StreamId, std::string_view text) override {
    if (verdict_.blocks()) return {{}, true};
    return {std::string(text), false};
  }
  Step finish(StreamId) override { return {{}, verdict_.blocks()}; }
  const Verdict& verdict() const override { return verdict_; }
  size_t held_back() const override { return 0; }

 private:
  const std::shared_ptr<const Policy> policy_;
  Verdict verdict_;
};

}  // namespace

std::unique_ptr<OutputGuard> make_output_guard(const Parts&, std::shared_ptr<const Policy> policy,
                                               const OutputContext&) {
  return std::make_unique<OpenGuard>(std::move(policy));
}

}  // namespace gatehouse::firewall
