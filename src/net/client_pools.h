#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "net/client.h"
#include "net/resolver.h"
#include "net/tls.h"
#include "net/upstream.h"

struct ssl_session_st;

namespace gatehouse::net {

struct SslSessionFree {
  void operator()(ssl_session_st* session) const;
};

/// The kept-alive connections to one endpoint.
struct EndpointPool {
  explicit EndpointPool(const Endpoint& to) : endpoint(to), name(to.authority()) {}

  const Endpoint endpoint;
  const std::string name;
  SslContextPtr tls;
  std::unique_ptr<ssl_session_st, SslSessionFree> session;     // the newest, to resume
  std::vector<boost::intrusive_ptr<UpstreamConnection>> idle;  // the newest last
  size_t active = 0;

  boost::intrusive_ptr<UpstreamConnection> take_idle();
  void forget(UpstreamConnection& connection);
};

/// What a client's calls share; lives as long as the last of its connections.
class ClientPools : public std::enable_shared_from_this<ClientPools> {
 public:
  ClientPools(Loop& loop, const ClientOptions& options);

  Result<EndpointPool*> pool(const Endpoint& endpoint);
  Task<Result<boost::intrusive_ptr<UpstreamConnection>>> connect(EndpointPool& pool,
                                                                 const Deadlines& deadlines,
                                                                 Cancellation& cancellation,
                                                                 SteadyTime total_limit);
  void close();

  Loop& loop;
  const ClientOptions options;
  const std::shared_ptr<Resolver> resolver;
  Client::Stats stats;
  bool closed = false;
  std::unordered_map<std::string, std::unique_ptr<EndpointPool>> pools;
};

}  // namespace gatehouse::net
