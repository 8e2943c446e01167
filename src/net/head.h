#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http.h"

namespace gatehouse::net {

/// Why a message can't be taken: the status that says so to a client, and the reason in words.
struct ProtocolError {
  int status = 400;
  std::string code;     // "bad_header"
  std::string message;  // "A header line is folded over several lines."
};

/// Finds the end of a message head in bytes that arrive bit by bit; looks at each byte once.
class HeadScanner {
 public:
  enum class Verdict : unsigned char { more, found, bare_line_feed };

  /// `window` starts at the message and only grows between calls. On `found`, `length` is the
  /// head's, the empty line included.
  Verdict scan(std::string_view window, size_t& length);
  void reset() { scanned_ = line_start_ = 0; }

 private:
  size_t scanned_ = 0;
  size_t line_start_ = 0;
};

/// How the body that follows a head is delimited.
struct Framing {
  std::optional<uint64_t> content_length;
  bool chunked = false;
  bool until_close = false;  // responses only
};

struct RequestHead {
  std::string_view method;
  std::string_view target;  // in origin form, whichever came
  int version = 11;         // 10 or 11
  bool keep_alive = true;
  bool expect_continue = false;
  Framing framing;
};

struct ResponseHead {
  int status = 0;
  bool keep_alive = true;
  Framing framing;
};

/// Parses a whole head (`HeadScanner` found its end). All views, those in `headers` included, point
/// into `head`. Whatever could be read in two ways is refused (RFC 9112, sections 5 and 6):
/// obsolete line folding, more than one or a malformed content-length, content-length with
/// transfer-encoding, a transfer-encoding other than "chunked", a missing, repeated or malformed
/// host.
std::optional<ProtocolError> parse_request_head(std::string_view head, size_t max_headers,
                                                RequestHead& out, std::vector<Header>& headers);

/// The same for a response. `head_request`: the answer to HEAD, which has no body.
std::optional<ProtocolError> parse_response_head(std::string_view head, size_t max_headers,
                                                 bool head_request, ResponseHead& out,
                                                 std::vector<Header>& headers);

}  // namespace gatehouse::net
