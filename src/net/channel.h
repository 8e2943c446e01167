#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <sys/uio.h>

#include "core/task.h"
#include "net/deadline.h"
#include "net/event.h"
#include "net/loop.h"

struct ssl_st;

namespace gatehouse::net {

struct SslFree {
  void operator()(ssl_st* ssl) const;
};
using SslPtr = std::unique_ptr<ssl_st, SslFree>;

/// A connected stream socket, plain or TLS, with at most one read under way and writes that first
/// try without waiting. Base of the server's and the client's connections. Belongs to one loop;
/// kept alive by whoever waits for it.
class Channel : public boost::intrusive_ref_counter<Channel, boost::thread_unsafe_counter> {
 public:
  using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, LoopExecutor>;
  using ErrorCode = boost::system::error_code;

  Channel(Loop& loop, Socket socket);
  virtual ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  Loop& loop() const { return loop_; }
  bool open() const { return socket_.is_open(); }
  /// Cancels what waits and closes. With `reset` the peer sees a reset instead of an end.
  void close(bool reset = false);

 protected:
  /// Reads at least one byte to where the caller says; the memory must live until the read is over.
  void start_read(char* into, size_t size);
  /// Waits for bytes without holding memory for them, then asks `read_room`.
  void start_lazy_read();
  bool reading() const { return reading_; }
  /// Waits for the read under way; then `read_error` and `read_size` tell what came of it.
  Task<void> read_done() { return read_event_.wait(); }
  const ErrorCode& read_error() const { return read_error_; }
  size_t read_size() const { return read_size_; }
  /// Gives up a read that has not got anything, to begin again as a lazy one. `released` is called
  /// when the read's memory is no longer used.
  void relax_read();

  /// Where a lazy read may put its bytes.
  virtual std::span<char> read_room() = 0;
  virtual void released() {}
  /// A read is over and nobody waited for it.
  virtual void on_unattended_read() {}

  enum class Write : unsigned char { done, blocked, failed };
  /// Writes as much as the kernel takes now, and moves `parts` past it.
  Write try_write(iovec*& parts, int& count);
  /// Writes the rest. False if the peer is gone or did not read for `timeout_ms`.
  Task<bool> write_rest(iovec* parts, int count, int64_t timeout_ms);
  /// Ends a `write_rest` that waits, as failed; the connection stays open to be read.
  void stop_writing();
  bool write_timed_out() const { return write_timed_out_; }

  /// The TLS handshake over a connected socket, as the side that `ssl` is set up for. Returns what
  /// went wrong, empty if nothing. Ends early when the channel is closed.
  Task<std::string> handshake(SslPtr ssl);
  ssl_st* ssl_handle() const { return ssl_.get(); }
  Socket& socket() { return socket_; }
  /// Whether the peer closed its side or the connection failed, whatever is left to read.
  bool peer_closed() const;
  /// Whether bytes (or the end) wait in the socket.
  bool readable() const;

 private:
  struct ReadHandler;
  struct ReadyHandler;
  struct WritableHandler;

  void begin_wait(Socket::wait_type what);
  void on_ready(const ErrorCode& error);
  void finish_read(const ErrorCode& error, size_t size);
  Task<void> wait_for(Socket::wait_type what);
  Write try_write_plain(iovec*& parts, int& count);
  Write try_write_tls(iovec*& parts, int& count);
  enum class TlsRead : unsigned char { done, want_read, want_write };
  TlsRead try_read_tls(char* into, size_t size);

  Loop& loop_;
  Socket socket_;
  SslPtr ssl_;
  LoopEvent read_event_;
  LoopEvent write_event_;
  ErrorCode read_error_;
  size_t read_size_ = 0;
  char* into_ = nullptr;
  size_t into_size_ = 0;
  bool reading_ = false;
  bool relaxing_ = false;
  bool write_stopped_ = false;
  bool write_timed_out_ = false;
};

}  // namespace gatehouse::net
