#include "app/cli/http.h"

#include <csignal>
#include <memory>

#include <boost/asio/signal_set.hpp>

#include "core/cancellation.h"
#include "net/client.h"
#include "net/loop.h"

namespace gatehouse::app::cli {
namespace {

constexpr size_t kMaxAnswerBytes = 64 << 20;

using OnChunk = std::function<Result<void>(std::string_view)>;

Task<Result<HttpAnswer>> exchange(net::Client& client, const net::Endpoint& endpoint,
                                  const HttpCall& call, Cancellation& cancellation,
                                  const OnChunk* on_chunk) {
  net::ClientRequest request;
  request.method = call.method;
  request.path = call.path;
  request.headers = &call.headers;
  request.body = call.body;
  net::Deadlines deadlines;
  deadlines.connect_ms = call.timeout.count();
  deadlines.first_byte_ms = call.total.count();
  deadlines.between_chunks_ms = call.total.count();
  deadlines.total_ms = call.total.count();
  auto response = co_await client.send(endpoint, request, deadlines, cancellation);
  if (!response) co_return refuse(std::move(response.error()));
  HttpAnswer answer;
  answer.status = (*response)->status();
  answer.content_type = (*response)->header("content-type");
  if (on_chunk == nullptr || answer.status != 200) {
    auto body = co_await (*response)->read_all(kMaxAnswerBytes);
    if (!body) co_return refuse(std::move(body.error()));
    answer.body = std::move(*body);
    co_return answer;
  }
  while (true) {
    const auto chunk = co_await (*response)->read_some();
    if (!chunk) co_return refuse(chunk.error());
    if (chunk->empty()) co_return answer;
    if (auto taken = (*on_chunk)(*chunk); !taken) co_return refuse(std::move(taken.error()));
  }
}

Task<void> drive(net::Loop& loop, const net::Endpoint& endpoint, const HttpCall& call,
                 Cancellation& cancellation, const OnChunk* on_chunk, Result<HttpAnswer>& result) {
  {
    net::Client client(loop);
    result = co_await exchange(client, endpoint, call, cancellation, on_chunk);
  }
  loop.stop();
}

Result<HttpAnswer> run(const HttpCall& call, const OnChunk* on_chunk) {
  auto endpoint = net::Endpoint::parse(call.base_url);
  if (!endpoint) return refuse(std::move(endpoint.error()));
  if (!call.ca_file.empty()) {
    endpoint->ca_file = call.ca_file;
    endpoint->rekey();
  }
  net::Loop loop;
  Cancellation cancellation;
  std::unique_ptr<boost::asio::signal_set> interrupts;
  if (call.interruptible) {
    interrupts = std::make_unique<boost::asio::signal_set>(loop.context(), SIGINT);
    interrupts->async_wait([&cancellation](const boost::system::error_code& error, int) {
      if (!error) cancellation.cancel();
    });
  }
  Result<HttpAnswer> result = refuse(Refusal::internal(Layer::net, "the call did not run"));
  loop.spawn(drive(loop, *endpoint, call, cancellation, on_chunk, result));
  loop.run();
  interrupts.reset();
  return result;
}

}  // namespace

Result<HttpAnswer> http_call(const HttpCall& call) {
  return run(call, nullptr);
}

Result<HttpAnswer> http_stream(const HttpCall& call,
                               const std::function<Result<void>(std::string_view)>& on_chunk) {
  return run(call, &on_chunk);
}

}  // namespace gatehouse::app::cli
