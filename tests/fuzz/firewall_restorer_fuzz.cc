// What the restorer shows does not depend on where the text was cut.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "firewall/pii/restorer.h"
#include "firewall/pii/vault.h"

using namespace gatehouse::firewall;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const size_t step = 1 + data[0] % 16;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  Vault vault;
  vault.placeholder("pii.email", "a\"b@x.org");
  vault.placeholder("pii.card", "4111111111111111");
  for (const auto form : {Restorer::Form::text, Restorer::Form::json}) {
    Restorer whole(vault, form);
    std::string wanted;
    whole.feed(text, wanted);
    whole.finish(wanted);
    Restorer pieces(vault, form);
    std::string got;
    for (size_t at = 0; at < text.size(); at += step) pieces.feed(text.substr(at, step), got);
    pieces.finish(got);
    if (got != wanted) std::abort();
  }
  return 0;
}
