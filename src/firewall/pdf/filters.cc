#include "firewall/pdf/filters.h"

#include <memory>
#include <mutex>
#include <stdexcept>

#include "firewall/pdf/decoders.h"
#include "firewall/pdf/qpdf.h"

namespace gatehouse::firewall::pdf {
namespace {

/// What inflate gives at a time. Small, since what it holds is lost where a stream is damaged.
constexpr unsigned kFlateBytes = 256;
constexpr int kMostFilters = 4;

thread_local Budget* spending = nullptr;

/// Counts what a filter gives to the next one.
class Meter final : public Pipeline {
 public:
  Meter(Pipeline* to, bool becomes_objects, Budget& budget)
      : Pipeline("meter", to), becomes_objects_(becomes_objects), budget_(budget) {}

  void write(const unsigned char* data, size_t size) override {
    budget_.decoded(size);
    if (becomes_objects_) {
      budget_.tokens(tokens_in(reinterpret_cast<const char*>(data), size));
    }
    getNext()->write(data, size);
  }
  void finish() override { getNext()->finish(); }

 private:
  const bool becomes_objects_;
  Budget& budget_;
};

/// Where a filter begins. qpdf builds a stream's chain from its end, each filter on the next one.
class Entry final : public Pipeline {
 public:
  Entry(Pipeline* decoder, const Pipeline* next_filter) : Pipeline("filter", decoder) {
    const auto* behind = dynamic_cast<const Entry*>(next_filter);
    chain_ = behind == nullptr ? 1 : behind->chain_ + 1;
    // Each filter calls the next: a long chain would end the stack.
    if (chain_ > kMostFilters) throw std::runtime_error("too many filters");
    becomes_objects_ = becomes_objects(next_filter);
  }

  static bool becomes_objects(const Pipeline* behind) {
    if (const auto* entry = dynamic_cast<const Entry*>(behind)) return entry->becomes_objects_;
    return dynamic_cast<const Sink*>(behind) == nullptr;
  }

  void write(const unsigned char* data, size_t size) override { getNext()->write(data, size); }
  void finish() override { getNext()->finish(); }

 private:
  int chain_;
  bool becomes_objects_;
};

enum class Kind : unsigned char { flate, lzw, run_length, ascii85, hex };

/// One filter of a stream: its entry, the decoder, what undoes a prediction, the meter.
class BoundedFilter final : public QPDFStreamFilter {
 public:
  BoundedFilter(Kind kind, Budget& budget) : kind_(kind), budget_(budget) {}

  bool setDecodeParms(QPDFObjectHandle parms) override {
    if (parms.isNull()) return true;
    if (!parms.isDictionary()) return false;
    const auto number = [&parms](const char* key, int otherwise) {
      QPDFObjectHandle value = parms.getKey(key);
      return value.isInteger() ? value.getIntValueAsInt() : otherwise;
    };
    early_change_ = number("/EarlyChange", 1) != 0;
    prediction_ = {number("/Predictor", 1), number("/Columns", 1), number("/Colors", 1),
                   number("/BitsPerComponent", 8)};
    return prediction_.possible();
  }

  Pipeline* getDecodePipeline(Pipeline* next) override {
    meter_ = std::make_unique<Meter>(next, Entry::becomes_objects(next), budget_);
    Pipeline* to = meter_.get();
    const bool predicts = kind_ == Kind::flate || kind_ == Kind::lzw;
    if (predicts && prediction_.predictor > 1) {
      undo_ = undo_prediction(prediction_, to);
      to = undo_.get();
    }
    decoder_ = decoder(to);
    entry_ = std::make_unique<Entry>(decoder_.get(), next);
    return entry_.get();
  }

  bool isSpecializedCompression() override { return kind_ == Kind::run_length; }

 private:
  std::unique_ptr<Pipeline> decoder(Pipeline* to) const {
    switch (kind_) {
      case Kind::flate:
        return std::make_unique<Pl_Flate>("flate", to, Pl_Flate::a_inflate, kFlateBytes);
      case Kind::lzw:
        return decode_lzw(early_change_, to);
      case Kind::run_length:
        return std::make_unique<Pl_RunLength>("run length", to, Pl_RunLength::a_decode);
      case Kind::ascii85:
        return decode_ascii85(to);
      case Kind::hex:
        break;
    }
    return decode_hex(to);
  }

  const Kind kind_;
  Budget& budget_;
  bool early_change_ = true;
  Prediction prediction_;
  std::unique_ptr<Pipeline> meter_, undo_, decoder_, entry_;
};

void put(const char* name, Kind kind) {
  QPDF::registerStreamFilter(name, [kind]() -> std::shared_ptr<QPDFStreamFilter> {
    if (spending == nullptr) throw std::logic_error("no budget");
    spending->steps();
    return std::make_shared<BoundedFilter>(kind, *spending);
  });
}

}  // namespace

void install_filters() {
  static std::once_flag once;
  std::call_once(once, [] {
    put("/FlateDecode", Kind::flate);
    put("/LZWDecode", Kind::lzw);
    put("/RunLengthDecode", Kind::run_length);
    put("/ASCII85Decode", Kind::ascii85);
    put("/ASCIIHexDecode", Kind::hex);
  });
}

Spending::Spending(Budget& budget) {
  spending = &budget;
}

Spending::~Spending() {
  spending = nullptr;
}

}  // namespace gatehouse::firewall::pdf
