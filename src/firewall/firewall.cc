#include "firewall/firewall.h"

#include <utility>

#include "firewall/inspector.h"
#include "firewall/output_guard.h"

namespace gatehouse::firewall {
namespace {

class LoadedFirewall final : public Firewall {
 public:
  explicit LoadedFirewall(Parts parts) : parts_(std::move(parts)) {}

  using Firewall::inspect_input;
  InputVerdict inspect_input(const Policy& policy, std::span<const Segment> segments, Vault* vault,
                             const Caller& caller, Effort effort) const override {
    return Inspector(parts_, policy, segments, vault, caller, effort).run();
  }
  void remember(const InputVerdict& verdict) const override { Inspector::remember(verdict); }
  std::unique_ptr<OutputGuard> guard_output(std::shared_ptr<const Policy> policy,
                                            const OutputContext& context) const override {
    return make_output_guard(parts_, std::move(policy), context);
  }
  DetectorSet available() const override { return parts_.available; }
  std::string_view model_version() const override { return parts_.version; }

 private:
  Parts parts_;
};

}  // namespace

Result<std::unique_ptr<Firewall>> Firewall::load(const std::filesystem::path& models,
                                                 std::unique_ptr<precise::Encoder> encoder) {
  auto model = learned::Model::load(models / "linear.bin");
  if (!model) return refuse(std::move(model.error()));
  Parts parts;
  auto names = tagger::Tagger::load(models / "names.bin");
  if (!names) return refuse(std::move(names.error()));
  parts.version = (*model)->version() + ", names " + (*names)->version();
  parts.model = std::move(*model);
  parts.tagger = std::move(*names);
  parts.signatures = &SignatureSet::standard();
  parts.secrets = &SecretDetector::standard();
  parts.available = DetectorSet::all();
  SignatureSet::refusals();  // compiled now, not while the first answer waits
  if (encoder == nullptr) {
    parts.available.remove(Detector::precise);
  } else {
    auto precise = precise::Model::load(models / "precise.bin", std::move(encoder));
    if (!precise) return refuse(std::move(precise.error()));
    parts.version += ", precise " + (*precise)->version();
    parts.precise = std::move(*precise);
  }
  return std::make_unique<LoadedFirewall>(std::move(parts));
}

std::chrono::nanoseconds Firewall::cost_estimate(size_t bytes) {
  // Measured with every detector on (bench/firewall_learned_bench.cc), rounded up.
  constexpr int64_t kPerByte = 60;
  constexpr int64_t kFixed = 5'000;
  return std::chrono::nanoseconds(kFixed + kPerByte * static_cast<int64_t>(bytes));
}

}  // namespace gatehouse::firewall
