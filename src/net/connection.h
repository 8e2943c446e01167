#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/cancellation.h"
#include "net/channel.h"
#include "net/chunked.h"
#include "net/head.h"
#include "net/read_buffer.h"
#include "net/server.h"
#include "net/server_shared.h"

namespace gatehouse::net {

/// One client's connection. A coroutine (`run`) reads requests one after the other and calls the
/// handler; while the handler works, the read of the next request is already under way, which is
/// also how a client that leaves is noticed, without any system call more.
class Connection final : public Channel, public ConnectionHook {
 public:
  Connection(ServerShard& shard, std::shared_ptr<ServerShared> shared, Socket socket,
             std::string address, uint16_t port);
  ~Connection() override;

  static Task<void> run(boost::intrusive_ptr<Connection> self);

  // What Exchange is made of.
  Request& request() { return request_; }
  Cancellation& cancellation() { return *cancellation_; }
  SteadyTime received_at() const { return received_at_; }
  Task<Result<void>> respond(Response response);
  Task<Result<void>> start_stream(int status, Headers headers);
  Task<Result<void>> write(std::string_view data);
  Task<Result<void>> finish();
  void abort();
  bool responded() const { return responded_; }

  /// Of the server's drain: closes if nothing is under way.
  void close_if_idle();
  void cancel_and_close();

 private:
  enum class Phase : unsigned char { greeting, idle, head, body, in_flight, closing };
  /// What there is next: a whole request, a whole head whose body must be read, less than a head…
  enum class Next : unsigned char { request, body, more, problem, closed };

  // Reading (connection_read.cc)
  Next find_head();
  Task<Next> read_head();
  Next take_head(size_t length);
  Next begin_body();
  void begin_idle();
  void begin_flight();
  void make_room(size_t wanted);
  Task<Next> read_body();
  Task<Next> read_sized_body(size_t length);
  Task<Next> read_chunked_body();
  bool decode_chunks();
  bool absorb(bool into_body);
  bool body_fits(size_t bytes) const;
  bool claim_body(size_t bytes);
  void release_body();
  Next closed_or_late();
  Next problem(ProtocolError what);
  void monitor();
  void expired();
  void watch_expired();
  Task<bool> send_continue();

  // Answering (connection.cc)
  Task<bool> greet();
  Task<Next> next_request();
  Task<void> answer();
  Task<bool> handled();
  bool may_go_on();
  Task<void> answer_problem();
  Task<void> linger();
  void begin_head(int status, const Headers& headers);
  void post_flush();
  void flush_head();
  Result<void> gone();
  Task<Result<void>> send(iovec* parts, int count);
  void client_left();

  std::span<char> read_room() override;
  void released() override { buffer_.free(); }
  void on_unattended_read() override;

  ServerShard& shard_;
  std::shared_ptr<ServerShared> shared_;
  const ServerOptions& options_;
  std::string address_;

  ReadBuffer buffer_;
  HeadScanner scanner_;
  ChunkDecoder chunks_;
  RequestHead head_;
  Request request_;
  std::unique_ptr<ClientCertificate> certificate_;
  std::optional<Cancellation> cancellation_;
  std::optional<ProtocolError> problem_;

  Deadline deadline_;  // of the phase
  Deadline watch_;     // of a client that left while its request is in flight
  SteadyTime received_at_{};
  SteadyTime phase_began_{};
  SteadyTime phase_limit_{};
  size_t body_received_ = 0;
  size_t body_claimed_ = 0;  // of the server's `body_bytes`
  size_t served_ = 0;

  std::string out_;  // the head of the answer, or what frames a chunk
  Phase phase_ = Phase::idle;
  bool timed_out_ = false;
  bool eof_ = false;
  bool broken_ = false;  // writing failed
  bool responded_ = false;
  bool streaming_ = false;
  bool chunked_out_ = false;
  bool finished_ = false;
  bool keep_alive_ = true;
  bool no_body_out_ = false;
  bool head_pending_ = false;
};

}  // namespace gatehouse::net
