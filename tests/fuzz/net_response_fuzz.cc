// The head of an upstream's answer.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "net/head.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace gatehouse::net;
  const std::string text(reinterpret_cast<const char*>(data), size);
  HeadScanner scanner;
  size_t length = 0;
  if (scanner.scan(text, length) != HeadScanner::Verdict::found) return 0;
  for (const bool head_request : {false, true}) {
    ResponseHead response;
    std::vector<Header> headers;
    const std::string_view head = std::string_view(text).substr(0, length);
    if (parse_response_head(head, 100, head_request, response, headers)) continue;
    if (response.status < 100 || response.status > 999) std::abort();
    const int framings = (response.framing.chunked ? 1 : 0) +
                         (response.framing.content_length ? 1 : 0) +
                         (response.framing.until_close ? 1 : 0);
    if (framings != 1) std::abort();
    if (response.framing.until_close && response.keep_alive) std::abort();
  }
  return 0;
}
