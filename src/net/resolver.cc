#include "net/resolver.h"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>

#include "net/event.h"

namespace gatehouse::net {
namespace asio = boost::asio;

struct Resolver::Waiter {
  LoopEvent event;
};

Resolver::Resolver(Loop& loop, int64_t ttl_ms)
    : loop_(loop), ttl_(ttl_ms), resolver_(loop.context()) {}

Task<Addresses> Resolver::resolve(const std::string& host, SteadyTime deadline,
                                  Cancellation& cancellation, std::string& why) {
  boost::system::error_code not_literal;
  const asio::ip::address literal = asio::ip::make_address(host, not_literal);
  if (!not_literal) co_return Addresses{literal};

  if (entries_.size() >= kMaxEntries && !entries_.contains(host)) {
    std::erase_if(entries_, [](const auto& item) { return !item.second.looking_up; });
  }
  Entry& entry = entries_[host];  // stays: entries that are being looked up are never erased
  const bool fresh = !entry.addresses.empty() && loop_.clock().steady() - entry.looked_up_at < ttl_;
  if (!fresh && !entry.looking_up) look_up(host, entry);
  if (!entry.addresses.empty()) co_return entry.addresses;

  const auto self = shared_from_this();
  const auto waiter = std::make_shared<Waiter>();
  entry.waiters.push_back(waiter);
  {
    Deadline limit(loop_.deadlines(), waiter.get(),
                   [](void* w) { static_cast<Waiter*>(w)->event.notify(); });
    limit.set(deadline);
    const Cancellation::Hook hook(cancellation, [this, waiter] {
      asio::post(loop_.context(), [waiter] { waiter->event.notify(); });
    });
    co_await waiter->event.wait();
  }
  const auto found = entries_.find(host);
  if (found == entries_.end()) co_return Addresses{};
  std::erase(found->second.waiters, waiter);
  if (found->second.addresses.empty()) why = found->second.error;
  co_return found->second.addresses;
}

void Resolver::look_up(const std::string& host, Entry& entry) {
  entry.looking_up = true;
  entry.error.clear();
  resolver_.async_resolve(
      host, std::string_view{},
      [self = shared_from_this(), host](const boost::system::error_code& error, auto results) {
        Entry& found = self->entries_[host];
        found.looking_up = false;
        if (error) {
          found.error = error.message();
        } else {
          Addresses addresses;
          for (const auto& result : results) {
            const asio::ip::address address = result.endpoint().address();
            if (std::find(addresses.begin(), addresses.end(), address) == addresses.end()) {
              addresses.push_back(address);
            }
          }
          found.addresses = std::move(addresses);
          found.looked_up_at = self->loop_.clock().steady();
        }
        const auto waiters = std::exchange(found.waiters, {});
        for (const auto& waiter : waiters) waiter->event.notify();
      });
}

}  // namespace gatehouse::net
