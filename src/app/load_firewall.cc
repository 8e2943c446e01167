#include "app/load_firewall.h"

#include <string>
#include <utility>

#include "app/install_paths.h"
#include "firewall/precise/encoder.h"
#include "inference/local/pooled_encoder.h"

namespace gatehouse::app {
namespace {

using inference::local::PooledEncoder;

constexpr const char* kFile = "firewall-precise.gguf";
/// As many tokens as it was trained with.
constexpr int32_t kMaxTokens = 112;

class PreciseEncoder final : public firewall::precise::Encoder {
 public:
  explicit PreciseEncoder(std::unique_ptr<PooledEncoder> encoder) : encoder_(std::move(encoder)) {}
  bool encode(std::string_view text, std::span<float> into) const override {
    return encoder_->encode(text, into);
  }
  size_t width() const override { return encoder_->width(); }
  std::string adapters() const override { return encoder_->metadata("gatehouse.adapters"); }

 private:
  const std::unique_ptr<PooledEncoder> encoder_;
};

}  // namespace

Result<std::unique_ptr<firewall::Firewall>> load_firewall(size_t contexts) {
  PooledEncoder::Options options;
  options.model_path = inference::local::find_pinned_model(kFile);
  if (options.model_path.empty()) options.model_path = kFile;  // named in the refusal
  options.max_tokens = kMaxTokens;
  options.contexts = contexts;
  auto encoder = PooledEncoder::load(options);
  if (!encoder) return refuse(std::move(encoder.error()));
  return firewall::Firewall::load(firewall_models(),
                                  std::make_unique<PreciseEncoder>(std::move(*encoder)));
}

}  // namespace gatehouse::app
