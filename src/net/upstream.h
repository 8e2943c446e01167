#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/channel.h"
#include "net/chunked.h"
#include "net/client.h"
#include "net/head.h"
#include "net/read_buffer.h"

namespace gatehouse::net {

struct EndpointPool;

/// One connection to an upstream. While it lies idle in its pool a read is already under way: it
/// finds out at once when the upstream closes, and becomes the read of the next answer.
class UpstreamConnection final : public Channel {
 public:
  UpstreamConnection(std::shared_ptr<ClientPools> pools, EndpointPool& pool);
  ~UpstreamConnection() override;

  /// Begins one call's work on this connection: its limits hold from here on.
  void begin(const Deadlines& deadlines, Cancellation& cancellation, SteadyTime total_limit);

  /// TCP and TLS to one address, by `limit`. False on failure.
  Task<bool> connect(const boost::asio::ip::address& address, SteadyTime limit);
  /// Sends the request and reads the head of its answer. False on failure.
  Task<bool> round_trip(const ClientRequest& request, std::string_view base_path);
  Task<Result<std::string_view>> read_some();
  Task<Result<std::string>> read_all(size_t limit);
  void end_within(int64_t limit_ms);
  Task<void> finish_within(int64_t limit_ms);

  /// Whether a failed round trip is to be tried again: the connection had been used, and closed
  /// without a byte of an answer so soon that the upstream was most likely closing it before it saw
  /// this request. Nobody can know: a call that fails in the end counts as delivered all the same
  /// (RFC 9110, section 9.2.2: what an upstream may have worked on is not sent twice).
  bool stale() const;
  bool reused() const { return reused_; }
  /// The call's whole request was written.
  bool delivered() const { return sent_; }
  /// What the last failure was.
  Refusal failure() const;
  const ResponseHead& head() const { return head_; }
  const std::vector<Header>& headers() const { return headers_; }

  /// The call is over: back to the pool if the answer was read whole, closed otherwise.
  void release();
  bool idle() const { return idle_; }
  /// Takes it out of the pool for a call.
  void wake();

 private:
  enum class End : unsigned char { none, clean, broken, late, cancelled, malformed, too_large };
  enum class Wait : unsigned char { connect, send, first_byte, between_chunks };

  void write_head(const ClientRequest& request, std::string_view base_path);
  enum class Head : unsigned char { found, more, wrong };
  Head find_head();
  Head wrong_head(std::string why);
  Task<bool> read_head();
  bool watch_answer();
  Task<bool> more(Wait what);
  void begin_read(size_t wanted);
  bool take(std::string_view& piece);
  bool take_chunk(std::string_view& piece);
  Task<bool> read_sized(std::string& body);
  void set_deadline(Wait what, int64_t limit_ms);
  void make_room(size_t wanted);
  bool fail(End end, std::string why);
  void expired();
  void late();

  std::span<char> read_room() override;
  void on_unattended_read() override;

  std::shared_ptr<ClientPools> pools_;
  EndpointPool& pool_;
  ReadBuffer buffer_;
  HeadScanner scanner_;
  ChunkDecoder chunks_;
  ResponseHead head_;
  std::vector<Header> headers_;
  std::string out_;
  uint64_t body_left_ = 0;
  int interim_heads_ = 0;

  const Deadlines* limits_ = nullptr;
  Cancellation* cancellation_ = nullptr;
  SteadyTime total_limit_{};
  SteadyTime waits_since_{};
  SteadyTime::duration closing_race_{};
  Deadline deadline_;
  Wait waiting_for_ = Wait::connect;
  End end_ = End::none;
  std::string why_;
  bool idle_ = false;
  bool reused_ = false;
  bool received_ = false;  // something of this call's answer
  bool eof_ = false;
  bool head_request_ = false;
  bool answered_ = false;  // its head is there
  bool sending_ = false;
  bool sent_ = false;
  bool counted_ = false;
};

}  // namespace gatehouse::net
