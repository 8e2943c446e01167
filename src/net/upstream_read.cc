// How the body of an upstream's answer is read.
#include <algorithm>
#include <utility>

#include <boost/asio/error.hpp>

#include "core/json.h"
#include "net/client_pools.h"
#include "net/upstream.h"

namespace gatehouse::net {
namespace asio = boost::asio;

namespace {

constexpr size_t kBodyStep = 64 * 1024;

}  // namespace

void UpstreamConnection::make_room(size_t wanted) {
  const auto before = reinterpret_cast<uintptr_t>(buffer_.base());
  buffer_.make_room(wanted);
  const auto after = reinterpret_cast<uintptr_t>(buffer_.base());
  if (after == before) return;
  const auto move = [&](std::string_view& view) {
    if (view.empty()) return;
    view = {
        reinterpret_cast<const char*>(reinterpret_cast<uintptr_t>(view.data()) - before + after),
        view.size()};
  };
  for (Header& header : headers_) {
    move(header.name);
    move(header.value);
  }
}

bool UpstreamConnection::take_chunk(std::string_view& piece) {
  std::string_view input = buffer_.window();
  const size_t offered = input.size();
  const ChunkDecoder::Status status = chunks_.next(input, piece);
  buffer_.take(offered - input.size());
  switch (status) {
    case ChunkDecoder::Status::data:
      return true;
    case ChunkDecoder::Status::end:
      end_ = End::clean;
      return true;
    case ChunkDecoder::Status::error:
      fail(End::malformed, pool_.name + " sent a malformed chunk");
      return true;
    case ChunkDecoder::Status::more:
      break;
  }
  return false;
}

/// The next piece of the body from what is there; false if more must be read first.
bool UpstreamConnection::take(std::string_view& piece) {
  piece = {};
  if (end_ != End::none) return true;
  if (head_.framing.chunked) return take_chunk(piece);
  if (head_.framing.until_close) {
    piece = buffer_.window();
    buffer_.take(piece.size());
    if (piece.empty() && eof_) end_ = End::clean;
    return !piece.empty() || eof_;
  }
  const size_t n = static_cast<size_t>(std::min<uint64_t>(body_left_, buffer_.size()));
  piece = buffer_.window().substr(0, n);
  buffer_.take(n);
  body_left_ -= n;
  if (body_left_ == 0 && n == 0) end_ = End::clean;
  return n > 0 || body_left_ == 0;
}

Task<Result<std::string_view>> UpstreamConnection::read_some() {
  std::string_view piece;
  if (!take(piece)) {
    if (cancellation_->cancelled()) {
      fail(End::cancelled, "cancelled while reading from " + pool_.name);
    } else {
      const Cancellation::Hook hook(*cancellation_, [this] {
        fail(End::cancelled, "cancelled while reading from " + pool_.name);
        close();
      });
      set_deadline(Wait::between_chunks, limits_->between_chunks_ms);
      while (!take(piece)) {
        if (eof_) {
          fail(End::broken, pool_.name + " closed before the end of its answer");
          break;
        }
        if (!co_await more(Wait::between_chunks)) break;
      }
      deadline_.clear();
    }
  }
  if (end_ != End::none && end_ != End::clean) {
    close();
    co_return refuse(failure());
  }
  co_return piece;
}

/// The rest of a body of known length, read to where it is wanted.
Task<bool> UpstreamConnection::read_sized(std::string& body) {
  const Cancellation::Hook hook(*cancellation_, [this] {
    fail(End::cancelled, "cancelled while reading from " + pool_.name);
    close();
  });
  size_t have = body.size();
  const size_t length = have + static_cast<size_t>(body_left_);
  while (have < length) {
    const size_t target = std::min(length, have + std::max(kBodyStep, have));
    body.reserve(target + json::kPadding);
    body.resize(target);
    set_deadline(Wait::between_chunks, limits_->between_chunks_ms);
    start_read(body.data() + have, target - have);
    co_await read_done();
    if (end_ != End::none) co_return false;
    if (read_error() == asio::error::eof) {
      co_return fail(End::broken, pool_.name + " closed before the end of its answer");
    }
    if (read_error()) {
      co_return fail(End::broken, "read from " + pool_.name + ": " + read_error().message());
    }
    have += read_size();
    body_left_ -= read_size();
  }
  body.resize(length);
  deadline_.clear();
  co_return true;
}

Task<Result<std::string>> UpstreamConnection::read_all(size_t limit) {
  std::string body;
  std::string_view piece;
  const bool sized = !head_.framing.chunked && !head_.framing.until_close;
  if (sized && body_left_ <= limit && !reading()) {
    body.reserve(std::min<size_t>(static_cast<size_t>(body_left_), kBodyStep) + json::kPadding);
    if (take(piece)) body.append(piece);
    if (body_left_ > 0 && !cancellation_->cancelled() && end_ == End::none) {
      if (!co_await read_sized(body)) {
        close();
        co_return refuse(failure());
      }
    }
  }
  while (true) {
    Result<std::string_view> next = co_await read_some();
    if (!next) co_return refuse(std::move(next.error()));
    if (next->empty()) break;
    if (body.size() + next->size() > limit) {
      end_ = End::none;
      fail(End::too_large, pool_.name + " answered more than " + std::to_string(limit) + " bytes");
      close();
      co_return refuse(failure());
    }
    body.append(*next);
  }
  body.reserve(body.size() + json::kPadding);
  co_return body;
}

void UpstreamConnection::end_within(int64_t limit_ms) {
  const SteadyTime limit = loop().clock().steady() + std::chrono::milliseconds(limit_ms);
  total_limit_ = std::min(total_limit_, limit);
}

Task<void> UpstreamConnection::finish_within(int64_t limit_ms) {
  end_within(limit_ms);
  // Content behind the end makes the connection unfit for the pool, which `release` sees to.
  const Result<std::string_view> rest = co_await read_some();
  if (rest && !rest->empty()) close();
}

}  // namespace gatehouse::net
