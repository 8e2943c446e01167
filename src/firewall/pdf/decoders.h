#pragma once

#include <memory>

#include "firewall/pdf/qpdf.h"

namespace gatehouse::firewall::pdf {

/// How samples were made small before they were compressed (ISO 32000-1, 7.4.4.4).
struct Prediction {
  int predictor = 1;  // 1: not; 2: TIFF's; 10 and more: PNG's
  int columns = 1;
  int colours = 1;
  int bits = 8;  // of one component

  /// Whether it can be undone here.
  bool possible() const;
  size_t pixel_bytes() const { return static_cast<size_t>((colours * bits + 7) / 8); }
  size_t row_bytes() const {
    return (static_cast<size_t>(columns) * static_cast<size_t>(colours * bits) + 7) / 8;
  }
};

// Decoders give what they can until a stream's damage, and pass on its end. `next` must outlive
// them.
std::unique_ptr<Pipeline> undo_prediction(const Prediction& prediction, Pipeline* next);
std::unique_ptr<Pipeline> decode_lzw(bool early_change, Pipeline* next);
std::unique_ptr<Pipeline> decode_ascii85(Pipeline* next);
std::unique_ptr<Pipeline> decode_hex(Pipeline* next);

}  // namespace gatehouse::firewall::pdf
