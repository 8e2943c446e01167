#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/basic_resolver.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "core/cancellation.h"
#include "core/task.h"
#include "net/loop.h"

namespace gatehouse::net {

using Addresses = std::vector<boost::asio::ip::address>;

/// Names to addresses, for one loop. Lookups run beside the loop. What was found is used for
/// `ttl_ms`, and beyond it while it is being looked up again or that fails.
class Resolver : public std::enable_shared_from_this<Resolver> {
 public:
  Resolver(Loop& loop, int64_t ttl_ms);

  /// Empty if the name has no address, `deadline` passed or `cancellation` fired; `why` then says
  /// what the system said, if it did. All arguments live in the awaiting coroutine.
  Task<Addresses> resolve(const std::string& host, SteadyTime deadline, Cancellation& cancellation,
                          std::string& why);

 private:
  struct Waiter;
  struct Entry {
    Addresses addresses;
    SteadyTime looked_up_at{};
    std::string error;
    bool looking_up = false;
    std::vector<std::shared_ptr<Waiter>> waiters;
  };
  void look_up(const std::string& host, Entry& entry);
  static constexpr size_t kMaxEntries = 1024;

  Loop& loop_;
  std::chrono::milliseconds ttl_;
  boost::asio::ip::basic_resolver<boost::asio::ip::tcp, LoopExecutor> resolver_;
  std::unordered_map<std::string, Entry> entries_;
};

}  // namespace gatehouse::net
