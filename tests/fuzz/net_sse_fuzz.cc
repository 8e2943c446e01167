// Events do not depend on how the stream was cut into chunks, and what is written can be read.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "net/sse.h"

namespace {

using gatehouse::net::SseParser;

std::vector<std::string> events(std::string_view text, size_t step) {
  SseParser parser(4096);
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::string_view chunk = text.substr(0, step);
    text.remove_prefix(chunk.size());
    parser.feed(chunk);
    while (true) {
      const auto event = parser.next();
      if (!event) return {"error"};
      if (!*event) break;
      out.push_back(std::string((*event)->event) + '\0' + std::string((*event)->data) + '\0' +
                    std::string((*event)->id));
    }
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 4000) return 0;  // below the limit of an event, so that no split can pass it
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto whole = events(text, size + 1);
  if (events(text, 1) != whole || events(text, 3) != whole) std::abort();
  std::string written;
  gatehouse::net::append_sse(written, "e", text);
  if (written.size() < 4000 && events(written, 7).size() != 1) std::abort();
  return 0;
}
