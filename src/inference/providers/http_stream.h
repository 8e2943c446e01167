#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/upstream.h"
#include "inference/backend.h"
#include "net/client.h"
#include "net/sse.h"

namespace gatehouse::inference {

/// The events of one upstream's streamed answer, read as they are asked for. Lives on the request's
/// event loop; destroying it before the end closes the upstream's connection.
class HttpStream final : public ChatStream {
 public:
  /// `context` must outlive it.
  HttpStream(std::string_view upstream, std::unique_ptr<net::ClientResponse> response,
             api::StreamParser parser, CallContext& context);

  /// Reads up to the first event with output, or the end. The events before it are kept for `next`:
  /// until then another upstream can take over without the client seeing anything of this one.
  Task<Result<void>> begin();

  Task<Result<std::optional<api::ChatEvent>>> next() override;

 private:
  using Event = Result<std::optional<api::ChatEvent>>;

  /// The next event as it comes off the wire.
  Task<Event> pull();
  /// What the next whole SSE event in hand means; sets `more` if bytes are needed first.
  Event from_hand(bool& more);
  /// The upstream closed its answer.
  Event at_end();
  /// An upstream that answered in whole although it was asked to stream.
  Task<Result<void>> read_whole();
  void name(api::ChatEvent& event) const;

  const std::string upstream_;
  std::unique_ptr<net::ClientResponse> response_;
  net::SseParser sse_;
  api::StreamParser parser_;
  CallContext& context_;
  std::deque<api::ChatEvent> ready_;
  size_t bytes_ = 0;
  bool first_ = true;
  bool ended_ = false;
};

}  // namespace gatehouse::inference
