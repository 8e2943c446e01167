// A request as the server takes it apart: the end of its head, the head, the chunks of its body.
// Any split of the input must give the same.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "net/chunked.h"
#include "net/head.h"

namespace {

using namespace gatehouse::net;

void require(bool truth) {
  if (!truth) std::abort();
}

bool inside(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

std::string decode(std::string_view text, size_t step) {
  ChunkDecoder decoder;
  std::string out;
  while (!text.empty()) {
    std::string_view input = text.substr(0, step);
    text.remove_prefix(input.size());
    ChunkDecoder::Status status = ChunkDecoder::Status::data;
    while (status == ChunkDecoder::Status::data) {
      std::string_view piece;
      status = decoder.next(input, piece);
      out += piece;
    }
    if (status == ChunkDecoder::Status::error) return out + "!error";
    if (status == ChunkDecoder::Status::end) return out + "!end";
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::string_view all = text;
  HeadScanner whole;
  size_t length = 0;
  const HeadScanner::Verdict verdict = whole.scan(all, length);

  HeadScanner stepwise;
  HeadScanner::Verdict other = HeadScanner::Verdict::more;
  size_t other_length = 0;
  for (size_t n = 0; n <= all.size() && other == HeadScanner::Verdict::more; ++n) {
    other = stepwise.scan(all.substr(0, n), other_length);
  }
  require(other == verdict);
  if (verdict != HeadScanner::Verdict::found) return 0;
  require(length == other_length && length <= all.size());

  const std::string_view head = all.substr(0, length);
  RequestHead request;
  std::vector<Header> headers;
  if (parse_request_head(head, 100, request, headers)) return 0;
  require(inside(request.method, head) && inside(request.target, head));
  require(!request.method.empty() && headers.size() <= 100);
  for (const Header& header : headers) {
    require(inside(header.name, head) && inside(header.value, head));
    require(header.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
  }
  require(!(request.framing.chunked && request.framing.content_length));
  const std::string_view body = all.substr(length);
  if (request.framing.chunked) require(decode(body, body.size() + 1) == decode(body, 1));
  return 0;
}
