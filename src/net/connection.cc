// How a connection lives and answers; connection_read.cc has how it reads.
#include "net/connection.h"

#include <algorithm>
#include <charconv>
#include <exception>
#include <utility>

#include <boost/asio/post.hpp>
#include <openssl/ssl.h>

#include "core/client_gone.h"
#include "core/log.h"

namespace gatehouse::net {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLingerLimit{10'000};
constexpr milliseconds kLingerQuiet{2000};
constexpr size_t kLingerBytes = 1024 * 1024;
constexpr size_t kKeptBody = 64 * 1024;

void append_number(std::string& out, uint64_t value, int base) {
  char digits[24];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value, base);
  out.append(digits, end);
}

bool has_no_body(int status) {
  return status == 204 || status == 304;
}

iovec part(std::string_view data) {
  return {const_cast<char*>(data.data()), data.size()};
}

}  // namespace

Connection::Connection(ServerShard& shard, std::shared_ptr<ServerShared> shared, Socket socket,
                       std::string address, uint16_t port)
    : Channel(shard.loop, std::move(socket)),
      shard_(shard),
      shared_(std::move(shared)),
      options_(shared_->options),
      address_(std::move(address)),
      deadline_(shard.loop.deadlines(), this,
                [](void* self) { static_cast<Connection*>(self)->expired(); }),
      watch_(shard.loop.deadlines(), this,
             [](void* self) { static_cast<Connection*>(self)->watch_expired(); }) {
  request_.peer_address_ = &address_;
  request_.peer_port_ = port;
  shard_.joined(*this);
}

Connection::~Connection() {
  release_body();
  shard_.left(*this, address_);
}

Task<void> Connection::run(boost::intrusive_ptr<Connection> self) {
  Connection& connection = *self;
  bool going = !connection.shared_->tls || co_await connection.greet();
  while (going) {
    switch (co_await connection.next_request()) {
      case Next::request:
        co_await connection.answer();
        going = connection.may_go_on();
        break;
      case Next::problem:
        co_await connection.answer_problem();
        going = false;
        break;
      default:
        going = false;
    }
  }
  connection.phase_ = Phase::closing;
  connection.deadline_.clear();
  connection.watch_.clear();
  connection.close();
}

Task<bool> Connection::greet() {
  phase_ = Phase::greeting;
  deadline_.set(loop().clock().steady() + milliseconds(options_.handshake_timeout_ms));
  SslPtr ssl(SSL_new(shared_->tls.get()));
  SSL_set_accept_state(ssl.get());
  const std::string wrong = co_await handshake(std::move(ssl));
  if (!wrong.empty()) {
    shard_.count.tls_failures.add();
    log::debug("tls_handshake_failed", {{"peer", address_}, {"reason", wrong}});
    co_return false;
  }
  certificate_ = client_certificate(ssl_handle());
  request_.certificate_ = certificate_.get();
  request_.tls_ = true;
  co_return true;
}

Task<Connection::Next> Connection::next_request() {
  begin_idle();
  Next next = find_head();
  if (next == Next::more) next = co_await read_head();
  if (next == Next::body) next = co_await read_body();
  co_return next;
}

/// Lets the handler answer the request that was read.
Task<void> Connection::answer() {
  received_at_ = loop().clock().steady();
  request_.http10_ = head_.version == 10;
  keep_alive_ = head_.keep_alive;
  responded_ = streaming_ = finished_ = broken_ = false;
  no_body_out_ = head_.method == "HEAD";
  ++served_;
  if (options_.max_requests_per_connection > 0 && served_ >= options_.max_requests_per_connection) {
    keep_alive_ = false;
  }
  begin_flight();
  request_.method_ = head_.method;
  request_.target_ = head_.target;
  cancellation_.emplace();
  shard_.count.requests.add();
  shard_.count.in_flight.add();
  const bool good = co_await handled();
  if (!responded_ && !broken_ && open()) {
    Response response =
        shared_->render(500, Refusal::internal(Layer::net, "no answer was made"), head_.target);
    keep_alive_ = false;
    co_await respond(std::move(response));
  }
  if (streaming_ && (!finished_ || !good)) abort();
  shard_.count.in_flight.subtract();
  watch_.clear();
  cancellation_.reset();
  buffer_.unhold(!reading());
  if (request_.body_.capacity() > kKeptBody) request_.body_ = std::string();
  release_body();
}

/// Runs the handler. It must not throw; one that does costs its own request, not the others'.
Task<bool> Connection::handled() {
  try {
    Exchange exchange(*this);
    co_await shared_->handler(exchange);
    co_return true;
  } catch (const std::exception& error) {
    log::error("handler_threw", {{"what", error.what()}});
  }
  keep_alive_ = false;
  co_return false;
}

bool Connection::may_go_on() {
  if (broken_ || !open() || !keep_alive_) return false;
  // A drain that began after the head of this answer finds no idle connection to close.
  const bool ends = eof_ || (shared_->draining.load(std::memory_order_relaxed) && !readable());
  return !ends || !buffer_.empty();
}

/// Answers what never became a request, and closes.
Task<void> Connection::answer_problem() {
  phase_ = Phase::closing;
  const ProtocolError what = std::move(*problem_);
  if (what.status == 413) {
    shard_.count.body_too_large.add();
  } else if (what.status == 503) {
    shard_.count.bodies_full.add();
  } else if (what.status != 408) {
    shard_.count.malformed.add();
  }
  Refusal refusal;
  refusal.kind = what.status == 408   ? ErrorKind::request_timeout
                 : what.status == 413 ? ErrorKind::too_large
                 : what.status == 503 ? ErrorKind::unavailable
                                      : ErrorKind::invalid_request;
  refusal.layer = Layer::net;
  refusal.code = what.code;
  refusal.message = what.message;
  refusal.reason = what.message;
  if (what.status == 503) refusal.retry_after = milliseconds(1000);
  request_.body_ = std::string();
  release_body();
  Response response = shared_->render(what.status, refusal, head_.target);
  keep_alive_ = false;
  no_body_out_ = false;
  responded_ = streaming_ = broken_ = false;
  head_.version = 11;
  co_await respond(std::move(response));
  if (!broken_) co_await linger();
}

/// Closes the sending side and drops what still comes, so that the client gets to read the answer
/// before a reset reaches it.
Task<void> Connection::linger() {
  boost::system::error_code ignored;
  if (ssl_handle() == nullptr) socket().shutdown(Socket::shutdown_send, ignored);
  timed_out_ = false;
  phase_limit_ = loop().clock().steady() + kLingerLimit;
  // Clients that read only when all is written have not seen what is too large by far.
  const size_t most = kLingerBytes + 2 * options_.max_body_bytes;
  size_t dropped = 0;
  while (open() && dropped < most) {
    deadline_.set(std::min(phase_limit_, loop().clock().steady() + kLingerQuiet));
    if (!reading()) {
      if (eof_) break;
      buffer_.free();
      const std::span<char> room = read_room();
      start_read(room.data(), room.size());
    }
    co_await read_done();
    if (read_error()) break;
    dropped += read_size();
  }
}

void Connection::begin_head(int status, const Headers& headers) {
  out_.clear();
  out_ += head_.version == 10 ? "HTTP/1.0 " : "HTTP/1.1 ";
  append_number(out_, static_cast<uint64_t>(status), 10);
  out_ += ' ';
  out_ += reason_phrase(status);
  out_ += "\r\n";
  out_ += shard_.date_line(received_at_);
  if (!headers.may_frame()) {
    out_ += headers.wire();
  } else {
    headers.for_each([this](const Header& header) {
      if (is_framing(header.name)) return;
      // Name, ": ", value and line end lie together in the list's own text.
      out_.append(header.name.data(), header.name.size() + header.value.size() + 4);
    });
  }
  if (shared_->draining.load(std::memory_order_relaxed)) keep_alive_ = false;
  if (!keep_alive_) {
    out_ += "connection: close\r\n";
  } else if (head_.version == 10) {
    out_ += "connection: keep-alive\r\n";
  }
}

Result<void> Connection::gone() {
  broken_ = true;
  return refuse(client_gone(write_timed_out()
                                ? "the client did not read for " +
                                      std::to_string(options_.write_timeout_ms) + " ms"
                                : "the client closed its connection"));
}

Task<Result<void>> Connection::send(iovec* parts, int count) {
  const Write written = try_write(parts, count);
  if (written == Write::done) co_return Result<void>{};
  if (written == Write::blocked && co_await write_rest(parts, count, options_.write_timeout_ms)) {
    co_return Result<void>{};
  }
  if (write_timed_out()) shard_.count.write_timeouts.add();
  co_return gone();
}

Task<Result<void>> Connection::respond(Response response) {
  if (responded_) co_return refuse(Refusal::internal(Layer::net, "a second answer was made"));
  responded_ = true;
  begin_head(response.status, response.headers);
  const bool bodiless = has_no_body(response.status);
  if (!bodiless) {
    out_ += "content-length: ";
    append_number(out_, response.body.size(), 10);
    out_ += "\r\n";
  }
  out_ += "\r\n";
  iovec parts[2] = {part(out_), part(response.body)};
  int count = bodiless || no_body_out_ || response.body.empty() ? 1 : 2;
  iovec* rest = parts;
  co_await loop().turn_over();
  const Write written = try_write(rest, count);
  if (written == Write::done) co_return Result<void>{};
  if (written == Write::failed) co_return gone();
  co_return co_await send(rest, count);
}

Task<Result<void>> Connection::start_stream(int status, Headers headers) {
  if (responded_) co_return refuse(Refusal::internal(Layer::net, "a second answer was made"));
  responded_ = streaming_ = true;
  if (has_no_body(status)) no_body_out_ = true;
  chunked_out_ = head_.version == 11;
  if (!chunked_out_ && !no_body_out_) keep_alive_ = false;
  begin_head(status, headers);
  if (chunked_out_ && !has_no_body(status)) out_ += "transfer-encoding: chunked\r\n";
  out_ += "\r\n";
  head_pending_ = true;
  post_flush();
  co_return Result<void>{};
}

/// The head of a stream goes out with the first piece if that is written in the same turn of the
/// loop, and alone at the turn's end otherwise.
void Connection::post_flush() {
  boost::asio::post(loop().context(),
                    [self = boost::intrusive_ptr<Connection>(this)] { self->flush_head(); });
}

void Connection::flush_head() {
  if (!head_pending_ || broken_) return;
  iovec whole = part(out_);
  iovec* rest = &whole;
  int count = 1;
  // What the kernel does not take now goes out with the first piece.
  if (try_write(rest, count) == Write::failed) {
    broken_ = true;
  } else if (count == 0) {
    head_pending_ = false;
  } else {
    out_.erase(0, out_.size() - rest->iov_len);
  }
}

Task<Result<void>> Connection::write(std::string_view data) {
  if (!streaming_ || finished_) {
    co_return refuse(Refusal::internal(Layer::net, "there is no stream to write to"));
  }
  if (broken_) co_return gone();
  if (data.empty() || no_body_out_) co_return Result<void>{};
  char size[20];
  size_t size_length = 0;
  if (chunked_out_) {
    const auto [end, error] = std::to_chars(size, size + 16, data.size(), 16);
    *end = '\r';
    *(end + 1) = '\n';
    size_length = static_cast<size_t>(end + 2 - size);
  }
  iovec parts[4];
  int count = 0;
  if (std::exchange(head_pending_, false)) parts[count++] = part(out_);
  if (chunked_out_) parts[count++] = {size, size_length};
  parts[count++] = part(data);
  if (chunked_out_) parts[count++] = part("\r\n");
  iovec* rest = parts;
  const Write written = try_write(rest, count);
  if (written == Write::done) co_return Result<void>{};
  if (written == Write::failed) co_return gone();
  co_return co_await send(rest, count);
}

Task<Result<void>> Connection::finish() {
  if (!streaming_ || finished_) {
    co_return refuse(Refusal::internal(Layer::net, "there is no stream to end"));
  }
  if (broken_) co_return gone();
  finished_ = true;
  iovec parts[2];
  int count = 0;
  if (std::exchange(head_pending_, false)) parts[count++] = part(out_);
  if (chunked_out_ && !no_body_out_) parts[count++] = part("0\r\n\r\n");
  co_return co_await send(parts, count);
}

void Connection::abort() {
  broken_ = true;
  responded_ = true;
  head_pending_ = false;
  // Without chunks an orderly close would look like a whole answer.
  close(streaming_ && !chunked_out_);
}

void Connection::close_if_idle() {
  if (phase_ == Phase::greeting) return close();
  if (phase_ != Phase::idle || !buffer_.empty()) return;
  if (readable()) return;  // a request is just arriving: it is answered, with connection: close
  close();
}

void Connection::cancel_and_close() {
  if (cancellation_) cancellation_->cancel();
  close();
}

}  // namespace gatehouse::net
