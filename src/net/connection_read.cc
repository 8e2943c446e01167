// How a connection reads requests; connection.cc has how it answers them.
#include <algorithm>
#include <limits>
#include <utility>

#include <boost/asio/error.hpp>

#include "core/json.h"
#include "net/connection.h"

namespace gatehouse::net {
namespace {

using std::chrono::milliseconds;

/// After this long without a request, a connection gives its memory back.
constexpr milliseconds kRelaxAfter{1000};
/// A client that leaves sooner may only have closed its sending side, and gets its answer.
constexpr milliseconds kPatience{20};
constexpr milliseconds kWatchEvery{50};
constexpr milliseconds kRateEvery{1000};
constexpr milliseconds kRateGrace{5000};
/// Least room to read into while a request is in flight.
constexpr size_t kLeastRoom = 512;
constexpr size_t kChunkRoom = 2048;
constexpr size_t kMostPipelined = 64 * 1024;
constexpr size_t kBodyStep = 64 * 1024;
/// Framing of a chunked body in bytes per byte of data, at the most that is still plausible.
constexpr size_t kChunkOverhead = 8;

ProtocolError bodies_full() {
  return {503, "too_many_bodies", "The server has as many bytes of requests as it takes."};
}

}  // namespace

Connection::Next Connection::problem(ProtocolError what) {
  problem_ = std::move(what);
  return Next::problem;
}

/// Why a read ended without bytes: nobody is there, or it took too long.
Connection::Next Connection::closed_or_late() {
  if (!timed_out_ || !open()) return Next::closed;
  if (phase_ == Phase::idle) {
    shard_.count.idle_timeouts.add();
    return Next::closed;
  }
  shard_.count.read_timeouts.add();
  return problem({408, "request_timeout",
                  phase_ == Phase::head ? "The request's head took too long to arrive."
                                        : "The request's body took too long to arrive."});
}

/// Takes note of a read that is over. False if it brought nothing, or too late.
bool Connection::absorb(bool into_body) {
  if (read_error()) {
    eof_ = true;
    return false;
  }
  if (!into_body) buffer_.filled(read_size());
  // A read that was over already when its deadline passed could not be cancelled any more.
  return !timed_out_ || (phase_ != Phase::head && phase_ != Phase::body);
}

std::span<char> Connection::read_room() {
  buffer_.make_room(kLeastRoom);
  return buffer_.room();
}

/// Looks for a whole head in what is there.
Connection::Next Connection::find_head() {
  // Clients of old send an empty line after a body.
  std::string_view window = buffer_.window();
  if (phase_ == Phase::idle) {
    while (window.starts_with("\r\n")) {
      buffer_.take(2);
      window.remove_prefix(2);
    }
    if (window.empty() || window == "\r") return Next::more;
    phase_ = Phase::head;
    timed_out_ = false;     // where the idle time ran out just as this arrived
    head_ = RequestHead{};  // its views are into what the last request was read to
    phase_began_ = loop().clock().steady();
    phase_limit_ = phase_began_ + milliseconds(options_.header_timeout_ms);
    deadline_.set(phase_limit_);
  }
  size_t length = 0;
  switch (scanner_.scan(window, length)) {
    case HeadScanner::Verdict::found:
      if (length > options_.max_header_bytes) break;
      return take_head(length);
    case HeadScanner::Verdict::bare_line_feed:
      return problem({400, "bad_line_end", "A line of the head does not end with CR LF."});
    case HeadScanner::Verdict::more:
      if (window.size() < options_.max_header_bytes) return Next::more;
  }
  return problem({431, "headers_too_large",
                  "The request's head is larger than " + std::to_string(options_.max_header_bytes) +
                      " bytes."});
}

Task<Connection::Next> Connection::read_head() {
  while (true) {
    if (!reading()) {
      if (eof_ || !open()) co_return Next::closed;
      if (buffer_.empty() && !buffer_.allocated()) {
        start_lazy_read();
      } else {
        buffer_.make_room(kLeastRoom);
        const std::span<char> room = buffer_.room();
        start_read(room.data(), room.size());
      }
    }
    co_await read_done();
    if (!absorb(false)) co_return closed_or_late();
    const Next next = find_head();
    if (next != Next::more) co_return next;
  }
}

Connection::Next Connection::take_head(size_t length) {
  const std::string_view text = buffer_.window().substr(0, length);
  scanner_.reset();
  if (auto wrong = parse_request_head(text, options_.max_headers, head_, request_.headers_)) {
    return problem(std::move(*wrong));
  }
  if (head_.framing.content_length.value_or(0) > options_.max_body_bytes) {
    return problem({413, "body_too_large",
                    "The request's body is larger than " + std::to_string(options_.max_body_bytes) +
                        " bytes."});
  }
  if (!body_fits(static_cast<size_t>(head_.framing.content_length.value_or(0)))) {
    return problem(bodies_full());
  }
  buffer_.hold(length);
  return begin_body();
}

/// Whether a body of so many bytes is within what the server holds of all bodies, as it is now. A
/// promised length alone takes nothing from the others.
bool Connection::body_fits(size_t bytes) const {
  const size_t most = std::max(options_.max_body_bytes_in_flight, options_.max_body_bytes);
  return bytes <= kBodyStep ||
         shared_->body_bytes.load(std::memory_order_relaxed) - body_claimed_ + bytes <= most;
}

/// Takes the memory for a body of so many bytes from what the server holds of all; false if there
/// is not so much.
bool Connection::claim_body(size_t bytes) {
  if (bytes <= std::max(body_claimed_, kBodyStep)) return true;
  const size_t more = bytes - body_claimed_;
  shared_->body_bytes.fetch_add(more, std::memory_order_relaxed);
  body_claimed_ = bytes;
  return body_fits(bytes);
}

void Connection::release_body() {
  if (body_claimed_ == 0) return;  // of nearly all requests; the count is shared by all loops
  shared_->body_bytes.fetch_sub(std::exchange(body_claimed_, 0), std::memory_order_relaxed);
}

/// Takes what is there of the body. `Next::body` says that more must be read.
Connection::Next Connection::begin_body() {
  std::string& body = request_.body_;
  body.clear();
  body_received_ = 0;
  if (head_.framing.chunked) {
    chunks_.reset();
    return Next::body;
  }
  const size_t length = static_cast<size_t>(head_.framing.content_length.value_or(0));
  const size_t here = std::min(length, buffer_.size());
  if (length > 0 || body.capacity() < json::kPadding) {
    body.reserve(std::min(length, here + kBodyStep) + json::kPadding);
  }
  body.assign(buffer_.window().substr(0, here));
  buffer_.take(here);
  body_received_ = here;
  return here == length ? Next::request : Next::body;
}

/// Between requests.
void Connection::begin_idle() {
  phase_ = Phase::idle;
  timed_out_ = false;
  const SteadyTime now = loop().clock().steady();
  phase_limit_ = now + milliseconds(options_.idle_timeout_ms);
  deadline_.set(std::min(phase_limit_, now + kRelaxAfter));
}

Task<bool> Connection::send_continue() {
  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  iovec part{const_cast<char*>(kContinue.data()), kContinue.size()};
  iovec* parts = &part;
  int count = 1;
  const Write written = try_write(parts, count);
  if (written == Write::blocked) co_return co_await write_rest(parts, count, 1000);
  co_return written == Write::done;
}

Task<Connection::Next> Connection::read_body() {
  phase_ = Phase::body;
  phase_began_ = loop().clock().steady();
  phase_limit_ = phase_began_ + milliseconds(options_.body_timeout_ms);
  const bool watched = options_.min_body_bytes_per_second > 0;
  deadline_.set(watched ? std::min(phase_limit_, phase_began_ + kRateGrace) : phase_limit_);
  if (head_.expect_continue && buffer_.empty() && !co_await send_continue()) {
    co_return Next::closed;
  }
  if (head_.framing.chunked) co_return co_await read_chunked_body();
  co_return co_await read_sized_body(static_cast<size_t>(*head_.framing.content_length));
}

Task<Connection::Next> Connection::read_sized_body(size_t length) {
  std::string& body = request_.body_;
  if (reading()) {  // the one that watched over the request before
    co_await read_done();
    if (!absorb(false)) co_return closed_or_late();
    const size_t here = std::min(length - body_received_, buffer_.size());
    body.reserve(body.size() + here + json::kPadding);
    body.append(buffer_.window().substr(0, here));
    buffer_.take(here);
    body_received_ += here;
  }
  while (body_received_ < length) {
    // Memory follows what truly arrives: a promised length alone gets one step.
    const size_t step = std::max(kBodyStep, body_received_);
    const size_t target = std::min(length, body_received_ + step);
    if (!claim_body(target)) co_return problem(bodies_full());
    body.reserve(target + json::kPadding);
    body.resize(target);
    start_read(body.data() + body_received_, target - body_received_);
    co_await read_done();
    if (!absorb(true)) co_return closed_or_late();
    body_received_ += read_size();
  }
  body.resize(length);
  co_return Next::request;
}

/// Appends the decoded bytes of the window to the body; true when the body is over. Sets
/// `problem_` if it must be refused.
bool Connection::decode_chunks() {
  std::string_view input = buffer_.window();
  const size_t offered = input.size();
  std::string_view piece;
  ChunkDecoder::Status status = ChunkDecoder::Status::data;
  while (status == ChunkDecoder::Status::data) {
    piece = {};
    status = chunks_.next(input, piece);
    if (request_.body_.size() + piece.size() > options_.max_body_bytes) {
      problem_ = ProtocolError{413, "body_too_large",
                               "The request's body is larger than " +
                                   std::to_string(options_.max_body_bytes) + " bytes."};
      return false;
    }
    if (!claim_body(request_.body_.size() + piece.size())) {
      problem_ = bodies_full();
      return false;
    }
    request_.body_.append(piece);
  }
  buffer_.take(offered - input.size());
  body_received_ += offered - input.size();
  const bool padded = body_received_ > kChunkOverhead * request_.body_.size() + 64 * 1024;
  if (status == ChunkDecoder::Status::error || padded) {
    problem_ = ProtocolError{400, "bad_chunk", "The chunked body is malformed."};
  }
  return status == ChunkDecoder::Status::end;
}

Task<Connection::Next> Connection::read_chunked_body() {
  while (true) {
    const bool over = decode_chunks();
    if (problem_) co_return Next::problem;
    if (over) break;
    if (!reading()) {
      make_room(kChunkRoom);
      const std::span<char> room = buffer_.room();
      start_read(room.data(), room.size());
    }
    co_await read_done();
    if (!absorb(false)) co_return closed_or_late();
  }
  request_.body_.reserve(request_.body_.size() + json::kPadding);
  co_return Next::request;
}

/// As the buffer's; the views into the held head move along.
void Connection::make_room(size_t wanted) {
  const auto before = reinterpret_cast<uintptr_t>(buffer_.base());
  buffer_.make_room(wanted);
  const auto after = reinterpret_cast<uintptr_t>(buffer_.base());
  if (after == before) return;
  const auto move = [&](std::string_view& view) {
    const uintptr_t at = reinterpret_cast<uintptr_t>(view.data()) - before + after;
    view = {reinterpret_cast<const char*>(at), view.size()};
  };
  move(head_.method);
  move(head_.target);
  for (Header& header : request_.headers_) {
    move(header.name);
    if (!header.value.empty()) move(header.value);
  }
}

/// Keeps a read under way while the handler works: of the next request, or of the client's end.
void Connection::monitor() {
  if (eof_ || reading()) return;
  const std::span<char> room = buffer_.room();
  if (room.empty()) {
    watch_.set(loop().clock().steady() + kWatchEvery);
    return;
  }
  start_read(room.data(), room.size());
}

/// Before the handler starts, while memory may still move.
void Connection::begin_flight() {
  phase_ = Phase::in_flight;
  deadline_.clear();
  if (!reading()) {
    buffer_.choose_room();
    if (buffer_.capacity() < kMostPipelined) make_room(kLeastRoom);
  }
  monitor();
}

void Connection::on_unattended_read() {
  if (phase_ != Phase::in_flight) {
    absorb(false);
    return;
  }
  if (absorb(false)) return monitor();
  if (!open()) return;
  if (read_error() == boost::asio::error::eof) {
    const SteadyTime patient_until = received_at_ + kPatience;
    if (loop().clock().steady() < patient_until) return watch_.set(patient_until);
  }
  client_left();
}

void Connection::watch_expired() {
  if (phase_ != Phase::in_flight) return;
  if (eof_ || !open() || peer_closed()) return client_left();
  watch_.set(loop().clock().steady() + kWatchEvery);
}

void Connection::client_left() {
  shard_.count.client_gone.add();
  watch_.clear();
  keep_alive_ = false;
  cancellation_->cancel();
}

/// The phase's deadline. The read under way is cancelled, and its waiter finds out why.
void Connection::expired() {
  const SteadyTime now = loop().clock().steady();
  if (phase_ == Phase::idle && now < phase_limit_) {
    deadline_.set(phase_limit_);
    if (!buffer_.empty()) return;
    request_.body_ = std::string();
    out_ = std::string();
    relax_read();
    return;
  }
  if (phase_ == Phase::body && now < phase_limit_) {
    const auto seconds = std::chrono::duration<double>(now - phase_began_ - kRateGrace).count();
    const double least = seconds * static_cast<double>(options_.min_body_bytes_per_second);
    if (static_cast<double>(body_received_) >= least) {
      return deadline_.set(std::min(now + kRateEvery, phase_limit_));
    }
  }
  if (phase_ == Phase::greeting || phase_ == Phase::closing) return close();
  timed_out_ = true;
  boost::system::error_code ignored;
  socket().cancel(ignored);
}

}  // namespace gatehouse::net
