#include "inference/local/output_text.h"

#include <algorithm>

namespace gatehouse::inference::local {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// The length of the character at the front: 1 to 4; 0 if more bytes are needed; -1 if the first
// byte cannot begin or go on like this (Unicode 15, table 3-7).
int character_length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4) return -1;
  const size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  unsigned char low = 0x80, high = 0xBF;
  if (first == 0xE0) low = 0xA0;
  if (first == 0xED) high = 0x9F;
  if (first == 0xF0) low = 0x90;
  if (first == 0xF4) high = 0x8F;
  for (size_t i = 1; i < length; ++i) {
    if (i == text.size()) return 0;
    if (byte(i) < low || byte(i) > high) return -1;
    low = 0x80;
    high = 0xBF;
  }
  return static_cast<int>(length);
}

}  // namespace

OutputText::OutputText(std::vector<std::string> stops) : stops_(std::move(stops)) {
  std::erase_if(stops_, [](const std::string& stop) { return stop.empty(); });
  for (const std::string& stop : stops_) longest_stop_ = std::max(longest_stop_, stop.size());
}

void OutputText::take_characters(bool last) {
  std::string_view rest = bytes_;
  while (!rest.empty()) {
    const int length = character_length(rest);
    if (length > 0) {
      held_.append(rest.substr(0, static_cast<size_t>(length)));
      rest.remove_prefix(static_cast<size_t>(length));
    } else if (length == 0 && !last) {
      break;
    } else {
      held_.append(kReplacement);
      rest.remove_prefix(length == 0 ? rest.size() : 1);
    }
  }
  bytes_.erase(0, bytes_.size() - rest.size());
}

void OutputText::release(bool last, std::string& shown) {
  size_t first = std::string::npos;
  for (size_t i = 0; i < stops_.size(); ++i) {
    const size_t at = held_.find(stops_[i]);
    if (at < first) {
      first = at;
      stop_index_ = i;
    }
  }
  if (stopped()) {
    shown.append(held_, 0, first);
    held_.clear();
    return;
  }
  // Hold back the longest end of the text that is the beginning of a stop sequence.
  size_t keep = 0;
  if (!last) {
    for (const std::string& stop : stops_) {
      for (size_t n = std::min(stop.size() - 1, held_.size()); n > keep; --n) {
        if (std::string_view(held_).substr(held_.size() - n) ==
            std::string_view(stop).substr(0, n)) {
          keep = n;
        }
      }
    }
  }
  // A stop sequence of arbitrary bytes might begin inside a character: show none of that one.
  while (keep > 0 && keep < held_.size() &&
         (static_cast<unsigned char>(held_[held_.size() - keep]) & 0xC0) == 0x80) {
    ++keep;
  }
  shown.append(held_, 0, held_.size() - keep);
  held_.erase(0, held_.size() - keep);
}

void OutputText::add(std::string_view bytes, std::string& shown) {
  if (stopped()) return;
  bytes_.append(bytes);
  take_characters(false);
  release(false, shown);
}

void OutputText::finish(std::string& shown) {
  if (stopped()) return;
  take_characters(true);
  release(true, shown);
}

}  // namespace gatehouse::inference::local
