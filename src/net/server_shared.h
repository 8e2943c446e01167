#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/intrusive/list.hpp>
#include <boost/intrusive_ptr.hpp>

#include "net/server.h"
#include "net/tls.h"

namespace gatehouse::net {

/// A counter that one loop writes and any thread reads.
class Counter {
 public:
  void add(uint64_t n = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void subtract(uint64_t n = 1) {
    value_.store(value_.load(std::memory_order_relaxed) - n, std::memory_order_relaxed);
  }
  uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

struct ConnectionHook : boost::intrusive::list_base_hook<> {};

/// The part of a server that lives on one loop.
class ServerShard {
 public:
  using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, LoopExecutor>;

  ServerShard(ServerShared& shared, Loop& loop);

  Result<void> listen(uint16_t port, bool first);
  void start_accepting();
  uint16_t port() const;
  /// On the loop: stops accepting and closes what is idle.
  void drain();
  /// On the loop: cancels and closes whatever is left.
  void abort_all();

  void joined(ConnectionHook& connection);
  void left(ConnectionHook& connection, const std::string& address);
  /// "date: Tue, 24 Nov 2026 13:00:00 GMT\r\n", made anew when the second changes.
  std::string_view date_line(SteadyTime now);

  ServerShared& shared;
  Loop& loop;
  struct {
    Counter open, accepted, requests, in_flight, rejected_total, rejected_address, malformed,
        body_too_large, bodies_full, read_timeouts, write_timeouts, idle_timeouts, tls_failures,
        client_gone;
  } count;

 private:
  void accept();
  void on_accept(const boost::system::error_code& error,
                 boost::asio::basic_stream_socket<boost::asio::ip::tcp, LoopExecutor> socket);
  void turn_away(
      boost::asio::basic_stream_socket<boost::asio::ip::tcp, LoopExecutor>& socket) const;

  Acceptor acceptor_;
  boost::asio::ip::tcp::endpoint peer_;
  boost::intrusive::list<ConnectionHook> connections_;
  std::unique_ptr<Deadline> retry_;  // accepting again after the system was out of descriptors
  std::string date_;
  SteadyTime date_made_{};
  bool accepting_ = false;
};

/// What all shards of a server share. Connections keep it alive.
struct ServerShared : std::enable_shared_from_this<ServerShared> {
  ServerOptions options;
  Handler handler;
  SslContextPtr tls;
  std::vector<std::unique_ptr<ServerShard>> shards;
  std::atomic<bool> draining{false};
  std::atomic<size_t> body_bytes{0};  // in flight
  uint16_t port = 0;

  /// Counts a connection in, or says no.
  enum class Admit : unsigned char { yes, total, address };
  Admit admit(const std::string& address);
  void leave(const std::string& address);
  void listening(bool yes);
  /// Blocks until no shard listens and no connection is open, `limit` at most; true if none is.
  bool wait_until_empty(std::chrono::milliseconds limit);
  Response render(int status, const Refusal& refusal, std::string_view target) const;

 private:
  std::mutex mutex_;
  std::condition_variable empty_;
  size_t open_ = 0;
  size_t listening_ = 0;  // shards
  std::unordered_map<std::string, size_t> per_address_;
};

}  // namespace gatehouse::net
