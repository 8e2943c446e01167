#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace gatehouse::firewall::precise {

/// The transformer under the precise tier: text to one vector, the mean over its tokens' last
/// hidden states. The firewall knows no engine; whoever puts the program together brings one.
/// Thread-safe.
class Encoder {
 public:
  virtual ~Encoder() = default;
  /// Writes `into.size()` values, which must be `width()`. Text beyond the encoder's limit of
  /// tokens is not looked at. Takes milliseconds: for worker threads only. False when it cannot
  /// run.
  virtual bool encode(std::string_view text, std::span<float> into) const = 0;
  virtual size_t width() const = 0;
  /// The sum, in hex, of the adapters' file that was merged into the weights.
  virtual std::string adapters() const = 0;
};

}  // namespace gatehouse::firewall::precise
