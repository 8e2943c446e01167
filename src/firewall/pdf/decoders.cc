#include "firewall/pdf/decoders.h"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include "core/percent.h"

namespace gatehouse::firewall::pdf {
namespace {

using Byte = unsigned char;

class Hex final : public Pipeline {
 public:
  explicit Hex(Pipeline* to) : Pipeline("hex", to) {}

  void write(const Byte* data, size_t size) override {
    std::string out;
    for (size_t i = 0; i < size && !ended_; ++i) take(data[i], out);
    pass(out);
  }
  void finish() override {
    std::string out;
    if (half_ >= 0) out.push_back(static_cast<char>(half_ << 4));
    pass(out);
    getNext()->finish();
  }

 private:
  void take(Byte c, std::string& out) {
    ended_ = c == '>';
    const int digit = hex_value(static_cast<char>(c));
    if (digit < 0) return;
    if (half_ < 0) {
      half_ = digit;
      return;
    }
    out.push_back(static_cast<char>(half_ << 4 | digit));
    half_ = -1;
  }
  void pass(const std::string& out) {
    if (!out.empty()) getNext()->write(reinterpret_cast<const Byte*>(out.data()), out.size());
  }

  int half_ = -1;
  bool ended_ = false;
};

class Ascii85 final : public Pipeline {
 public:
  explicit Ascii85(Pipeline* to) : Pipeline("ascii85", to) {}

  void write(const Byte* data, size_t size) override {
    for (size_t i = 0; i < size && !ended_; ++i) take(data[i]);
    pass();
  }
  void finish() override {
    if (count_ > 1) {
      const int given = count_ - 1;
      while (count_ < 5) add('u' - '!');
      put(given);
    }
    pass();
    getNext()->finish();
  }

 private:
  void take(Byte c) {
    if (c == '~') {
      ended_ = true;
    } else if (c == 'z' && count_ == 0) {
      out_.append(4, '\0');
    } else if (c >= '!' && c <= 'u') {
      add(static_cast<Byte>(c - '!'));
      if (count_ == 5) put(4);
    }
  }
  void add(int digit) {
    value_ = value_ * 85 + static_cast<uint32_t>(digit);
    ++count_;
  }
  void put(int bytes) {
    for (int i = 0; i < bytes; ++i) out_.push_back(static_cast<char>(value_ >> (24 - 8 * i) & 255));
    value_ = 0;
    count_ = 0;
  }
  void pass() {
    if (!out_.empty()) getNext()->write(reinterpret_cast<const Byte*>(out_.data()), out_.size());
    out_.clear();
  }

  std::string out_;
  uint32_t value_ = 0;
  int count_ = 0;
  bool ended_ = false;
};

/// Lempel, Ziv and Welch's method with codes of 9 to 12 bits.
class Lzw final : public Pipeline {
 public:
  Lzw(bool early_change, Pipeline* to) : Pipeline("lzw", to), early_(early_change ? 1 : 0) {}

  void write(const Byte* data, size_t size) override {
    for (size_t i = 0; i < size && !ended_; ++i) {
      bits_ = bits_ << 8 | data[i];
      bit_count_ += 8;
      if (bit_count_ < width_) continue;
      bit_count_ -= width_;
      take(bits_ >> bit_count_ & ((1U << width_) - 1));
    }
  }
  void finish() override { getNext()->finish(); }

 private:
  static constexpr unsigned kClear = 256;
  static constexpr unsigned kEnd = 257;
  static constexpr unsigned kCodes = 4096;
  struct Entry {
    uint16_t before = 0;
    Byte last = 0;
  };

  void take(unsigned code) {
    if (code == kEnd) {
      ended_ = true;
    } else if (code == kClear) {
      next_ = kEnd + 1;
      width_ = 9;
      previous_ = kClear;
    } else {
      give(code);
    }
  }

  void give(unsigned code) {
    if (code > next_ || (code == next_ && previous_ == kClear)) throw std::runtime_error("bad LZW");
    // A code that is not there yet means the previous text and its first byte again.
    const bool repeats = code == next_;
    size_t at = text_.size();
    if (repeats) --at;
    unsigned from = repeats ? previous_ : code;
    for (; from >= kEnd; from = table_[from].before) text_[--at] = table_[from].last;
    text_[--at] = static_cast<Byte>(from);
    if (repeats) text_.back() = text_[at];
    getNext()->write(text_.data() + at, text_.size() - at);
    if (previous_ != kClear && next_ < kCodes) {
      table_[next_++] = {static_cast<uint16_t>(previous_), text_[at]};
    }
    previous_ = code;
    if (next_ + early_ >= 1U << width_ && width_ < 12) ++width_;
  }

  const unsigned early_;
  std::array<Entry, kCodes> table_{};
  std::array<Byte, kCodes> text_{};  // of one code, at its end
  unsigned next_ = kEnd + 1;
  unsigned previous_ = kClear;
  unsigned width_ = 9;
  uint32_t bits_ = 0;
  unsigned bit_count_ = 0;
  bool ended_ = false;
};

/// Rows, each told as its difference to what stands before and above it.
class Unpredict final : public Pipeline {
 public:
  Unpredict(const Prediction& prediction, Pipeline* to)
      : Pipeline("prediction", to),
        png_(prediction.predictor >= 10),
        pixel_(prediction.pixel_bytes()),
        above_(prediction.row_bytes(), 0) {
    row_.reserve(above_.size() + 1);
  }

  void write(const Byte* data, size_t size) override {
    const size_t whole = above_.size() + (png_ ? 1 : 0);
    for (size_t i = 0; i < size; ++i) {
      row_.push_back(static_cast<char>(data[i]));
      if (row_.size() == whole) end_row();
    }
  }
  void finish() override {
    if (row_.size() > (png_ ? 1U : 0U)) end_row();
    getNext()->finish();
  }

 private:
  void end_row() {
    const int how = png_ ? static_cast<Byte>(row_[0]) : 1;  // TIFF's is PNG's "sub"
    if (png_) row_.erase(0, 1);
    for (size_t i = 0; i < row_.size(); ++i) {
      row_[i] = static_cast<char>(static_cast<Byte>(row_[i]) + predicted(how, i));
    }
    getNext()->write(reinterpret_cast<const Byte*>(row_.data()), row_.size());
    row_.resize(above_.size(), '\0');
    above_.swap(row_);
    row_.clear();
  }

  int predicted(int how, size_t i) const {
    const int left = i < pixel_ ? 0 : static_cast<Byte>(row_[i - pixel_]);
    const int up = static_cast<Byte>(above_[i]);
    const int corner = i < pixel_ ? 0 : static_cast<Byte>(above_[i - pixel_]);
    switch (how) {
      case 1:
        return left;
      case 2:
        return up;
      case 3:
        return (left + up) / 2;
      case 4: {  // Paeth's
        const int guess = left + up - corner;
        const int by_left = std::abs(guess - left);
        const int by_up = std::abs(guess - up);
        const int by_corner = std::abs(guess - corner);
        return by_left <= by_up && by_left <= by_corner ? left : by_up <= by_corner ? up : corner;
      }
      default:
        return 0;
    }
  }

  const bool png_;
  const size_t pixel_;
  std::string above_;
  std::string row_;
};

}  // namespace

bool Prediction::possible() const {
  if (predictor <= 1) return true;
  const bool sizes = columns >= 1 && columns <= 1 << 20 && colours >= 1 && colours <= 64 &&
                     (bits == 1 || bits == 2 || bits == 4 || bits == 8 || bits == 16);
  return sizes && (predictor >= 10 || (predictor == 2 && bits == 8));
}

std::unique_ptr<Pipeline> undo_prediction(const Prediction& prediction, Pipeline* next) {
  return std::make_unique<Unpredict>(prediction, next);
}

std::unique_ptr<Pipeline> decode_lzw(bool early_change, Pipeline* next) {
  return std::make_unique<Lzw>(early_change, next);
}

std::unique_ptr<Pipeline> decode_ascii85(Pipeline* next) {
  return std::make_unique<Ascii85>(next);
}

std::unique_ptr<Pipeline> decode_hex(Pipeline* next) {
  return std::make_unique<Hex>(next);
}

}  // namespace gatehouse::firewall::pdf
