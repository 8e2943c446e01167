/// Texts that people and programs give to admission: money, prices, dates, ids, address ranges and
/// keys. Nothing crashes, and what is read is what was written.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "admission/identity.h"
#include "admission/ip_range.h"
#include "admission/keys.h"
#include "admission/prices.h"
#include "admission/specs.h"
#include "core/money.h"

namespace admission = gatehouse::admission;

namespace {

void check(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto money = gatehouse::Money::parse(text)) {
    check(money->nanos >= 0, "no sign");
    check(gatehouse::Money::parse(money->to_string()) == money, "money reads back");
  }
  if (const auto price = admission::Price::parse(text)) {
    const admission::ModelPrice model{*price, *price, *price, *price};
    const auto cost = model.cost({.input = 1'000'000});
    check(cost.nanos == price->nanos_per_million, "a million tokens cost the price");
  }
  admission::parse_date(text);
  admission::is_valid_id(text);
  if (const auto range = admission::IpRange::parse(text)) {
    check(range->contains(range->base), "a range holds its base");
  }
  const auto address = admission::IpAddress::parse(text);
  if (address && text.find('/') == std::string_view::npos) {
    check(admission::IpRange::parse(text).has_value(), "an address is a range of one");
  }
  static admission::KeyHasher hasher{admission::Pepper(std::array<unsigned char, 32>{})};
  static const admission::KeyTable table({});
  const auto principal = admission::authenticate(table, hasher, text, text, gatehouse::WallTime{});
  check(!principal, "nobody is known");
  check(admission::is_well_formed_key(text) ==
            (text.size() == admission::kKeyChars && admission::is_well_formed_key(text)),
        "a key has one length");
  return 0;
}
