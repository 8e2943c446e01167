#include "firewall/pdf/objects.h"

#include <algorithm>
#include <exception>

#include "firewall/pdf/filters.h"

namespace gatehouse::firewall::pdf {
namespace {

constexpr size_t kStreamCost = 256;  // bytes: what a stream costs beside what it holds

}  // namespace

QPDFObjectHandle member(QPDFObjectHandle object, const char* key) {
  if (object.isStream()) object = object.getDict();
  return object.isDictionary() ? object.getKey(key) : QPDFObjectHandle::newNull();
}

std::optional<double> number(QPDFObjectHandle object) {
  if (!object.isNumber()) return std::nullopt;
  return object.getNumericValue();
}

std::vector<double> numbers(QPDFObjectHandle array, size_t most) {
  std::vector<double> out;
  if (!array.isArray()) return out;
  const size_t size = std::min(most, static_cast<size_t>(array.getArrayNItems()));
  out.reserve(size);
  for (size_t i = 0; i < size; ++i) {
    out.push_back(number(array.getArrayItem(static_cast<int>(i))).value_or(0));
  }
  return out;
}

std::string name(QPDFObjectHandle object) {
  return object.isName() ? object.getName().substr(1) : std::string();
}

std::string text(QPDFObjectHandle object) {
  return object.isString() ? object.getUTF8Value() : std::string();
}

Decoded decode(QPDFObjectHandle stream, Budget& budget) {
  Decoded out;
  if (!stream.isStream()) return out;
  budget.steps();
  budget.decoded(kStreamCost);
  Sink sink(out.bytes, budget);
  const auto pipe = [&stream](Pipeline* to) {
    return stream.pipeStreamData(to, nullptr, 0, qpdf_dl_specialized, true, false);
  };
  try {
    // Without a pipeline it says if it could. A picture's methods stay undone.
    out.whole = pipe(nullptr) && pipe(&sink);
  } catch (const std::exception&) {
    if (budget.spent()) throw;
    return {};  // filters that can't be built; a damaged stream is no exception
  }
  if (budget.spent()) throw OverLimit();
  return out;
}

}  // namespace gatehouse::firewall::pdf
