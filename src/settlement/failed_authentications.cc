#include "settlement/failed_authentications.h"

#include <algorithm>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

namespace gatehouse::settlement {
namespace {

constexpr size_t kNetworkBytes = 8;  // of an IPv6 address

struct Origin {
  std::array<char, 64> bytes{};
  std::string_view text;
};

/// The address; of IPv6, where a host may use any address of its network, the network.
void origin_of(std::string_view address, Origin& out) {
  out.text = {out.bytes.data(), address.copy(out.bytes.data(), out.bytes.size() - 1)};
  in6_addr parsed{};
  if (::inet_pton(AF_INET6, out.bytes.data(), &parsed) != 1 || IN6_IS_ADDR_V4MAPPED(&parsed))
    return;
  std::fill(std::begin(parsed.s6_addr) + kNetworkBytes, std::end(parsed.s6_addr), uint8_t{0});
  ::inet_ntop(AF_INET6, &parsed, out.bytes.data(), static_cast<socklen_t>(out.bytes.size()));
  std::string_view network(out.bytes.data());
  constexpr std::string_view kSuffix = "/64";
  kSuffix.copy(out.bytes.data() + network.size(), kSuffix.size());
  out.text = {out.bytes.data(), network.size() + kSuffix.size()};
}

}  // namespace

FailedAuthentications::Entry& FailedAuthentications::entry_of(std::string_view address,
                                                              SteadyTime now) {
  const auto others = entries_.end() - 1;
  auto entry = std::find_if(entries_.begin(), others, [address](const Entry& known) {
    return known.seen > 0 && known.address.view() == address;
  });
  if (entry == others) {
    entry = std::find_if(entries_.begin(), others, [](const Entry& any) { return any.seen == 0; });
    if (entry != others) entry->address.set(address);
  }
  if (entry->seen == 0) {
    entry->since = now;
    ++used_;
  }
  return *entry;
}

bool FailedAuthentications::folds(const RequestRecord& record, SteadyTime now) {
  Origin origin;
  origin_of(record.client, origin);
  Entry& entry = entry_of(origin.text, now);
  ++entry.seen;
  const bool known = &entry != &entries_.back();
  if (known && entry.seen <= kOneByOne) return false;
  if (entry.folded++ == 0) {
    entry.first.set(record.request_id);
    entry.started = record.started;
  }
  return true;
}

RequestRecord FailedAuthentications::record_of(const Entry& entry, SteadyTime now, Refusal& error) {
  error.kind = ErrorKind::authentication;
  error.layer = Layer::admission;
  error.code = "authentication_failed";
  error.reason =
      fmt::format("{} more requests without a valid key from {} within {} s", entry.folded,
                  entry.address.view().empty() ? "other addresses" : "this address",
                  std::chrono::ceil<std::chrono::seconds>(now - entry.since).count());
  RequestRecord record;
  record.request_id = entry.first.view();
  record.client = entry.address.view();
  record.folded = entry.folded;
  record.started = entry.started;
  record.outcome = Outcome::refused;
  record.status = error.status();
  record.error = &error;
  return record;
}

}  // namespace gatehouse::settlement
