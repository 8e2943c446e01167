#pragma once

#include <optional>
#include <string>
#include <vector>

#include "firewall/pdf/budget.h"
#include "firewall/pdf/qpdf.h"

namespace gatehouse::firewall::pdf {

// qpdf warns, and in places throws, where an object has not the type that it is asked for. These
// ask first. All may throw OverLimit and what qpdf throws.

/// Of a dictionary or a stream; null where there is none.
QPDFObjectHandle member(QPDFObjectHandle object, const char* key);
std::optional<double> number(QPDFObjectHandle object);
/// Numbers of an array, 0 for what is none; at most `most`.
std::vector<double> numbers(QPDFObjectHandle array, size_t most);
/// A name without its slash; empty where it is none.
std::string name(QPDFObjectHandle object);
/// A text string as UTF-8; empty where it is none.
std::string text(QPDFObjectHandle object);

/// What a stream holds, its filters undone, as far as that goes. `whole` says if that was all.
struct Decoded {
  std::string bytes;
  bool whole = false;
};
Decoded decode(QPDFObjectHandle stream, Budget& budget);

}  // namespace gatehouse::firewall::pdf
