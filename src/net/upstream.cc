// How an upstream's connection is made, asked and given back; upstream_read.cc has how it is read.
#include "net/upstream.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <boost/asio/error.hpp>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "core/client_gone.h"
#include "net/client_pools.h"

namespace gatehouse::net {
namespace asio = boost::asio;
using std::chrono::milliseconds;

namespace {

constexpr size_t kLeastRoom = 1024;
constexpr size_t kBodyRoom = 2048;
constexpr size_t kKeptBuffer = 64 * 1024;
constexpr int kMaxInterimHeads = 8;
// An upstream that closed an idle connection just as a request was sent is heard of within the way
// there and back, for which connecting is a measure, and what it takes both sides to notice.
constexpr milliseconds kNoticing{50};
constexpr milliseconds kMaxClosingRace{250};

iovec part(std::string_view data) {
  return {const_cast<char*>(data.data()), data.size()};
}

struct ConnectHandler {
  LoopEvent* event;
  boost::system::error_code* error;
  boost::intrusive_ptr<Channel> alive;
  void operator()(const boost::system::error_code& result) const {
    *error = result;
    event->notify();
  }
};

std::string lower_first(std::string text) {
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') text[0] = static_cast<char>(text[0] + 32);
  return text;
}

}  // namespace

UpstreamConnection::UpstreamConnection(std::shared_ptr<ClientPools> pools, EndpointPool& pool)
    : Channel(pools->loop, Socket(pools->loop.context())),
      pools_(std::move(pools)),
      pool_(pool),
      deadline_(pools_->loop.deadlines(), this,
                [](void* self) { static_cast<UpstreamConnection*>(self)->expired(); }) {
  counted_ = true;
  ++pool_.active;
  ++pools_->stats.active;
}

UpstreamConnection::~UpstreamConnection() {
  if (counted_) {
    --pool_.active;
    --pools_->stats.active;
  }
}

void UpstreamConnection::begin(const Deadlines& deadlines, Cancellation& cancellation,
                               SteadyTime total_limit) {
  limits_ = &deadlines;
  cancellation_ = &cancellation;
  total_limit_ = total_limit;
  end_ = End::none;
  why_.clear();
  received_ = sent_ = false;
}

bool UpstreamConnection::stale() const {
  if (!reused_ || received_ || end_ != End::broken) return false;
  return !sent_ || loop().clock().steady() - waits_since_ < closing_race_;
}

void UpstreamConnection::set_deadline(Wait what, int64_t limit_ms) {
  waiting_for_ = what;
  waits_since_ = loop().clock().steady();
  SteadyTime when = total_limit_;
  if (limit_ms > 0) when = std::min(when, waits_since_ + milliseconds(limit_ms));
  if (when == SteadyTime::max()) {
    deadline_.clear();
  } else {
    deadline_.set(when);
  }
}

bool UpstreamConnection::fail(End end, std::string why) {
  if (end_ == End::none) {
    end_ = end;
    why_ = std::move(why);
  }
  deadline_.clear();
  return false;
}

void UpstreamConnection::expired() {
  if (idle_) {
    pool_.forget(*this);
    return;
  }
  late();
  close();
}

/// What is waited for took too long.
void UpstreamConnection::late() {
  const bool total = loop().clock().steady() >= total_limit_;
  static constexpr std::string_view kWhat[] = {"connect to ", "send to ", "first byte from ",
                                               "next bytes from "};
  const int64_t limits[] = {limits_->connect_ms, limits_->first_byte_ms, limits_->first_byte_ms,
                            limits_->between_chunks_ms};
  const auto at = static_cast<size_t>(waiting_for_);
  std::string why(kWhat[at]);
  why += pool_.name + ": ";
  why += total ? "the whole call took longer than " + std::to_string(limits_->total_ms) + " ms"
               : "not within " + std::to_string(limits[at]) + " ms";
  fail(End::late, std::move(why));
}

Refusal UpstreamConnection::failure() const {
  Refusal refusal;
  refusal.layer = Layer::net;
  refusal.reason = why_;
  switch (end_) {
    case End::late:
      refusal.kind = ErrorKind::upstream_timeout;
      refusal.code = "upstream_timeout";
      refusal.message = "The upstream did not answer in time.";
      break;
    case End::cancelled:
      return client_gone(why_);
    case End::malformed:
      refusal.kind = ErrorKind::upstream_error;
      refusal.code = "upstream_malformed";
      refusal.message = "The upstream's answer was malformed.";
      break;
    case End::too_large:
      refusal.kind = ErrorKind::upstream_error;
      refusal.code = "response_too_large";
      refusal.message = "The upstream's answer was too large.";
      break;
    default:
      refusal.kind = ErrorKind::upstream_error;
      refusal.code = received_ ? "upstream_cut" : "upstream_unreachable";
      refusal.message =
          received_ ? "The upstream broke off its answer." : "The upstream could not be reached.";
  }
  return refusal;
}

Task<bool> UpstreamConnection::connect(const asio::ip::address& address, SteadyTime limit) {
  waiting_for_ = Wait::connect;
  deadline_.set(std::min(limit, total_limit_));
  const Cancellation::Hook hook(*cancellation_, [this] {
    fail(End::cancelled, "cancelled while connecting to " + pool_.name);
    close();
  });
  const asio::ip::tcp::endpoint to(address, pool_.endpoint.port);
  boost::system::error_code error;
  socket().open(to.protocol(), error);
  if (!error) {
    LoopEvent done;
    const SteadyTime start = loop().clock().steady();
    socket().async_connect(to, ConnectHandler{&done, &error, this});
    co_await done.wait();
    closing_race_ = std::min<SteadyTime::duration>(loop().clock().steady() - start + kNoticing,
                                                   kMaxClosingRace);
  }
  if (error) {
    co_return fail(End::broken, "connect to " + pool_.name + ": " + lower_first(error.message()));
  }
  socket().set_option(asio::ip::tcp::no_delay(true), error);
  if (!pool_.endpoint.tls) {
    deadline_.clear();
    co_return true;
  }
  SslPtr ssl(SSL_new(pool_.tls.get()));
  SSL_set_connect_state(ssl.get());
  const Endpoint& endpoint = pool_.endpoint;
  const std::string& name = endpoint.server_name.empty() ? endpoint.host : endpoint.server_name;
  boost::system::error_code no_literal;
  asio::ip::make_address(name, no_literal);
  if (no_literal) {
    SSL_set_tlsext_host_name(ssl.get(), name.c_str());
    SSL_set1_host(ssl.get(), name.c_str());
  } else {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl.get()), name.c_str());
  }
  if (pool_.session) SSL_set_session(ssl.get(), pool_.session.get());
  const std::string wrong = co_await handshake(std::move(ssl));
  if (!wrong.empty()) co_return fail(End::broken, "TLS with " + pool_.name + ": " + wrong);
  deadline_.clear();
  co_return true;
}

void UpstreamConnection::write_head(const ClientRequest& request, std::string_view base_path) {
  const Endpoint& endpoint = pool_.endpoint;
  out_.clear();
  out_ += request.method;
  out_ += ' ';
  out_ += base_path;
  out_ += request.path.empty() && base_path.empty() ? std::string_view("/") : request.path;
  out_ += " HTTP/1.1\r\nhost: ";
  out_ += endpoint.host_header;
  out_ += "\r\n";
  if (request.headers != nullptr) out_ += request.headers->wire();
  const bool bodiless = request.method == "GET" || request.method == "HEAD";
  if (!bodiless || !request.body.empty()) {
    char digits[24];
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, request.body.size());
    out_ += "content-length: ";
    out_.append(digits, end);
    out_ += "\r\n";
  }
  out_ += "\r\n";
}

Task<bool> UpstreamConnection::round_trip(const ClientRequest& request,
                                          std::string_view base_path) {
  head_request_ = request.method == "HEAD";
  answered_ = false;
  interim_heads_ = 0;
  scanner_.reset();
  write_head(request, base_path);
  const Cancellation::Hook hook(*cancellation_, [this] {
    fail(End::cancelled, "cancelled while waiting for " + pool_.name);
    close();
  });
  iovec parts[2] = {part(out_), part(request.body)};
  iovec* rest = parts;
  int count = request.body.empty() ? 1 : 2;
  co_await loop().turn_over();
  Write written = try_write(rest, count);
  if (written == Write::blocked) {
    set_deadline(Wait::send, 0);
    sending_ = true;
    const bool wanted = reading() || watch_answer();
    const bool sent = wanted && co_await write_rest(rest, count, limits_->first_byte_ms);
    sending_ = false;
    if (write_timed_out()) late();
    written = sent ? Write::done : Write::failed;
  }
  sent_ = written == Write::done;
  if (end_ != End::none) co_return false;
  // An upstream may refuse a request that it did not read to its end: its answer counts then.
  set_deadline(Wait::first_byte, limits_->first_byte_ms);
  if (!co_await read_head()) co_return false;
  deadline_.clear();
  co_return true;
}

UpstreamConnection::Head UpstreamConnection::wrong_head(std::string why) {
  fail(End::malformed, pool_.name + " sent " + why);
  return Head::wrong;
}

/// Looks for the head of the answer in what has come, past interim ones.
UpstreamConnection::Head UpstreamConnection::find_head() {
  while (!answered_) {
    size_t length = 0;
    const std::string_view window = buffer_.window();
    const HeadScanner::Verdict verdict = scanner_.scan(window, length);
    if (verdict == HeadScanner::Verdict::bare_line_feed) {
      return wrong_head("a line without CR LF in its head");
    }
    if (verdict == HeadScanner::Verdict::more) {
      if (window.size() < pools_->options.max_header_bytes) return Head::more;
      return wrong_head("a head that is too large");
    }
    const auto wrong = parse_response_head(window.substr(0, length), pools_->options.max_headers,
                                           head_request_, head_, headers_);
    if (wrong) return wrong_head("a malformed head: " + wrong->message);
    scanner_.reset();
    if (head_.status < 200) {
      if (++interim_heads_ >= kMaxInterimHeads) return wrong_head("too many interim answers");
      buffer_.take(length);
      continue;
    }
    buffer_.hold(length);
    chunks_.reset();
    body_left_ = head_.framing.content_length.value_or(0);
    answered_ = true;
  }
  return Head::found;
}

Task<bool> UpstreamConnection::read_head() {
  while (true) {
    const Head head = find_head();
    if (head != Head::more) co_return head == Head::found;
    if (!co_await more(Wait::first_byte)) co_return false;
    if (eof_) {
      co_return fail(End::broken, pool_.name + (received_ ? " closed amid the head of its answer"
                                                          : " closed before it answered"));
    }
  }
}

/// While the request is being sent: an upstream that refuses it or leaves may not read the rest,
/// which then is not sent either (RFC 9112, section 9.5). False if it is not to be sent.
bool UpstreamConnection::watch_answer() {
  const Head head = eof_ ? Head::wrong : find_head();
  if (head == Head::more) begin_read(kLeastRoom);
  return head == Head::more || (head == Head::found && head_.status < 300);
}

/// Waits for bytes or the end (`eof_`). False if that failed; the deadline was set before.
Task<bool> UpstreamConnection::more(Wait what) {
  if (eof_) co_return true;
  if (!reading()) {
    if (!open()) co_return fail(End::broken, "the connection to " + pool_.name + " is closed");
    begin_read(what == Wait::first_byte ? kLeastRoom : kBodyRoom);
  }
  co_await read_done();
  if (end_ != End::none) co_return false;
  if (!read_error()) {
    received_ = true;
    buffer_.filled(read_size());
    co_return true;
  }
  if (read_error() == asio::error::eof) {
    eof_ = true;
    co_return true;
  }
  co_return fail(End::broken,
                 "read from " + pool_.name + ": " + lower_first(read_error().message()));
}

void UpstreamConnection::begin_read(size_t wanted) {
  make_room(wanted);
  const std::span<char> room = buffer_.room();
  start_read(room.data(), room.size());
}

std::span<char> UpstreamConnection::read_room() {
  make_room(kLeastRoom);
  return buffer_.room();
}

/// While a request is being written, or while nobody asks: the upstream closes idle connections.
void UpstreamConnection::on_unattended_read() {
  if (idle_) {
    pool_.forget(*this);
    return;
  }
  if (!read_error()) {
    received_ = true;
    buffer_.filled(read_size());
  } else {
    eof_ = true;
  }
  if (sending_ && !watch_answer()) stop_writing();
}

void UpstreamConnection::wake() {
  idle_ = false;
  reused_ = true;
  deadline_.clear();
}

void UpstreamConnection::release() {
  deadline_.clear();
  limits_ = nullptr;
  cancellation_ = nullptr;
  // A body that was read to its last byte, but not asked for its end, is whole as well.
  std::string_view rest;
  if (end_ == End::none && !reading() && take(rest) && !rest.empty()) end_ = End::broken;
  const bool reusable = end_ == End::clean && head_.keep_alive && sent_ && !eof_ && open() &&
                        buffer_.empty() && !pools_->closed &&
                        pool_.idle.size() < pools_->options.max_idle_per_endpoint;
  if (!reusable) return close();
  buffer_.unhold(!reading());
  if (buffer_.capacity() > kKeptBuffer) buffer_.free();
  idle_ = true;
  pool_.idle.emplace_back(this);
  deadline_.set(loop().clock().steady() + milliseconds(pools_->options.idle_timeout_ms));
  if (!reading()) begin_read(kLeastRoom);
}

}  // namespace gatehouse::net
