#include "app/load_firewall.h"

#include <string>
#include <utility>

#include "app/install_paths.h"
#include "firewall/precise/encoder.h"
#include "inference/local/encoder/sentence_encoder.h"

namespace gatehouse::app {
namespace {

using inference::local::SentenceEncoder;

constexpr const char* kFile = "firewall-precise.gguf";
/// As many tokens as it was trained with.
constexpr size_t kMaxTokens = 112;

class PreciseEncoder final : public firewall::precise::Encoder {
 public:
  explicit PreciseEncoder(std::unique_ptr<SentenceEncoder> encoder)
      : encoder_(std::move(encoder)) {}
  bool encode(std::string_view text, std::span<float> into) const override {
    return encoder_->encode(text, kMaxTokens, into);
  }
  size_t width() const override { return encoder_->width(); }
  std::string adapters() const override { return encoder_->model().metadata("gatehouse.adapters"); }

 private:
  const std::unique_ptr<SentenceEncoder> encoder_;
};

}  // namespace

Result<std::unique_ptr<firewall::Firewall>> load_firewall() {
  std::string path = inference::local::find_pinned_model(kFile);
  if (path.empty()) path = kFile;  // named in the refusal
  auto encoder = SentenceEncoder::load(path);
  if (!encoder) return refuse(std::move(encoder.error()));
  return firewall::Firewall::load(firewall_models(),
                                  std::make_unique<PreciseEncoder>(std::move(*encoder)));
}

}  // namespace gatehouse::app
