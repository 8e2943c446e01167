#include "net/channel.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include "net/tls.h"

namespace gatehouse::net {
namespace asio = boost::asio;

namespace {

void advance(iovec*& parts, int& count, size_t written) {
  while (count > 0 && written >= parts->iov_len) {
    written -= parts->iov_len;
    ++parts;
    --count;
  }
  if (count > 0 && written > 0) {
    parts->iov_base = static_cast<char*>(parts->iov_base) + written;
    parts->iov_len -= written;
  }
}

}  // namespace

void SslFree::operator()(ssl_st* ssl) const {
  SSL_free(ssl);
}

struct Channel::ReadHandler {
  boost::intrusive_ptr<Channel> self;
  void operator()(const ErrorCode& error, size_t size) const { self->finish_read(error, size); }
};
struct Channel::ReadyHandler {
  boost::intrusive_ptr<Channel> self;
  void operator()(const ErrorCode& error) const { self->on_ready(error); }
};
struct Channel::WritableHandler {
  boost::intrusive_ptr<Channel> self;
  void operator()(const ErrorCode&) const { self->write_event_.notify(); }
};

Channel::Channel(Loop& loop, Socket socket) : loop_(loop), socket_(std::move(socket)) {}

Channel::~Channel() = default;

void Channel::close(bool reset) {
  ErrorCode ignored;
  if (!socket_.is_open()) return;
  if (reset) socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  if (ssl_ && !reset && SSL_is_init_finished(ssl_.get())) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());  // says goodbye; the answer is not waited for
  }
  socket_.close(ignored);
}

bool Channel::peer_closed() const {
  pollfd entry{const_cast<Socket&>(socket_).native_handle(), POLLRDHUP, 0};
  return ::poll(&entry, 1, 0) > 0 && (entry.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

bool Channel::readable() const {
  pollfd entry{const_cast<Socket&>(socket_).native_handle(), POLLIN, 0};
  return ::poll(&entry, 1, 0) > 0;
}

void Channel::start_read(char* into, size_t size) {
  reading_ = true;
  into_ = into;
  into_size_ = size;
  if (!ssl_) {
    socket_.async_read_some(asio::buffer(into, size), ReadHandler{this});
    return;
  }
  switch (try_read_tls(into, size)) {
    case TlsRead::want_read:
      return begin_wait(Socket::wait_read);
    case TlsRead::want_write:
      return begin_wait(Socket::wait_write);
    case TlsRead::done:
      // Not on the caller's stack: it may not expect its waiter to run yet.
      asio::post(loop_.context(), [self = boost::intrusive_ptr<Channel>(this)] {
        self->finish_read(self->read_error_, self->read_size_);
      });
  }
}

void Channel::start_lazy_read() {
  reading_ = true;
  into_ = nullptr;
  into_size_ = 0;
  if (ssl_ && SSL_has_pending(ssl_.get()) == 1) {
    asio::post(loop_.context(), [self = boost::intrusive_ptr<Channel>(this)] {
      if (self->reading_) self->on_ready(ErrorCode{});
    });
    return;
  }
  begin_wait(Socket::wait_read);
}

void Channel::begin_wait(Socket::wait_type what) {
  socket_.async_wait(what, ReadyHandler{this});
}

void Channel::on_ready(const ErrorCode& error) {
  if (error) return finish_read(error, 0);
  if (into_ == nullptr) {
    const std::span<char> room = read_room();
    return start_read(room.data(), room.size());
  }
  switch (try_read_tls(into_, into_size_)) {
    case TlsRead::want_read:
      return begin_wait(Socket::wait_read);
    case TlsRead::want_write:
      return begin_wait(Socket::wait_write);
    case TlsRead::done:
      return finish_read(read_error_, read_size_);
  }
}

void Channel::finish_read(const ErrorCode& error, size_t size) {
  if (std::exchange(relaxing_, false) && error == asio::error::operation_aborted &&
      socket_.is_open()) {
    released();
    return start_lazy_read();
  }
  reading_ = false;
  read_error_ = error;
  read_size_ = size;
  if (read_event_.waiting()) return read_event_.notify();
  on_unattended_read();
}

void Channel::relax_read() {
  if (!reading_ || into_ == nullptr || !socket_.is_open()) return;
  relaxing_ = true;
  ErrorCode ignored;
  socket_.cancel(ignored);
}

Channel::TlsRead Channel::try_read_tls(char* into, size_t size) {
  ERR_clear_error();
  size_t got = 0;
  const int ok = SSL_read_ex(ssl_.get(), into, size, &got);
  read_error_ = ErrorCode{};
  read_size_ = got;
  if (ok == 1) return TlsRead::done;
  switch (SSL_get_error(ssl_.get(), ok)) {
    case SSL_ERROR_WANT_READ:
      return TlsRead::want_read;
    case SSL_ERROR_WANT_WRITE:
      return TlsRead::want_write;
    case SSL_ERROR_ZERO_RETURN:
      read_error_ = asio::error::eof;
      break;
    // An end of the stream without TLS's goodbye may be an attacker's: a cut, not an end.
    default:
      read_error_ = asio::error::connection_reset;
      break;
  }
  return TlsRead::done;
}

Channel::Write Channel::try_write(iovec*& parts, int& count) {
  if (!socket_.is_open()) return Write::failed;
  return ssl_ ? try_write_tls(parts, count) : try_write_plain(parts, count);
}

Channel::Write Channel::try_write_plain(iovec*& parts, int& count) {
  while (count > 0) {
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = static_cast<size_t>(count);
    const ssize_t n = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n >= 0) {
      advance(parts, count, static_cast<size_t>(n));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return Write::blocked;
    } else if (errno != EINTR) {
      return Write::failed;
    }
  }
  return Write::done;
}

Channel::Write Channel::try_write_tls(iovec*& parts, int& count) {
  // One record for small parts that belong together: gathered on the stack.
  char gathered[8192];
  while (count > 0) {
    const char* data = static_cast<const char*>(parts->iov_base);
    size_t size = parts->iov_len;
    if (count > 1 && size < sizeof gathered) {
      size = 0;
      for (int i = 0; i < count && size < sizeof gathered; ++i) {
        const size_t n = std::min(parts[i].iov_len, sizeof gathered - size);
        if (n > 0) std::memcpy(gathered + size, parts[i].iov_base, n);
        size += n;
      }
      data = gathered;
    }
    if (size == 0) {
      advance(parts, count, 0);
      continue;
    }
    ERR_clear_error();
    size_t written = 0;
    const int ok = SSL_write_ex(ssl_.get(), data, size, &written);
    if (ok == 1) {
      advance(parts, count, written);
      continue;
    }
    const int error = SSL_get_error(ssl_.get(), ok);
    if (error == SSL_ERROR_WANT_WRITE) return Write::blocked;
    return Write::failed;
  }
  return Write::done;
}

Task<bool> Channel::write_rest(iovec* parts, int count, int64_t timeout_ms) {
  Deadline deadline(loop_.deadlines(), this, [](void* self) {
    auto* channel = static_cast<Channel*>(self);
    channel->write_timed_out_ = true;
    channel->close(true);
  });
  write_stopped_ = false;
  while (socket_.is_open()) {
    if (timeout_ms > 0) {
      deadline.set(loop_.clock().steady() + std::chrono::milliseconds(timeout_ms));
    }
    socket_.async_wait(Socket::wait_write, WritableHandler{this});
    co_await write_event_.wait();
    if (write_stopped_) co_return false;
    switch (try_write(parts, count)) {
      case Write::done:
        co_return true;
      case Write::failed:
        co_return false;
      case Write::blocked:
        break;
    }
  }
  co_return false;
}

void Channel::stop_writing() {
  write_stopped_ = true;
  write_event_.notify();
}

Task<void> Channel::wait_for(Socket::wait_type what) {
  socket_.async_wait(what, WritableHandler{this});
  co_await write_event_.wait();
}

Task<std::string> Channel::handshake(SslPtr ssl) {
  ErrorCode error;
  socket_.native_non_blocking(true, error);
  ssl_ = std::move(ssl);
  SSL_set_fd(ssl_.get(), socket_.native_handle());
  while (socket_.is_open()) {
    ERR_clear_error();
    const int ok = SSL_do_handshake(ssl_.get());
    if (ok == 1) co_return std::string();
    const int failure = SSL_get_error(ssl_.get(), ok);
    if (failure == SSL_ERROR_WANT_READ) {
      co_await wait_for(Socket::wait_read);
    } else if (failure == SSL_ERROR_WANT_WRITE) {
      co_await wait_for(Socket::wait_write);
    } else {
      co_return tls_error(ssl_.get());
    }
  }
  co_return std::string("the connection was closed during the TLS handshake");
}

}  // namespace gatehouse::net
