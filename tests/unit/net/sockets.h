#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace gatehouse::net::test {

/// A blocking socket on 127.0.0.1 with a limit on every wait, for talking HTTP byte by byte.
class Wire {
 public:
  explicit Wire(int fd, const std::atomic<bool>* stop = nullptr) : fd_(fd), stop_(stop) {}
  Wire(Wire&& other) noexcept : fd_(std::exchange(other.fd_, -1)), stop_(other.stop_) {}
  Wire& operator=(Wire&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Wire() { close(); }

  static Wire to(uint16_t port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      ::close(fd);
      return Wire(-1);
    }
    return Wire(fd);
  }

  bool connected() const { return fd_ >= 0; }
  int fd() const { return fd_; }

  bool send(std::string_view data) {
    while (!data.empty()) {
      const ssize_t n = ::send(fd_, data.data(), data.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      data.remove_prefix(static_cast<size_t>(n));
    }
    return true;
  }

  /// What arrives next, empty at the end or if nothing comes within `limit_ms`.
  std::string receive(int limit_ms = 3000) {
    pollfd entry{fd_, POLLIN, 0};
    int waited = 0;
    while (::poll(&entry, 1, 20) <= 0) {
      waited += 20;
      if (waited >= limit_ms || (stop_ != nullptr && *stop_)) return {};
    }
    std::string data(65536, '\0');
    const ssize_t n = ::recv(fd_, data.data(), data.size(), 0);
    data.resize(n > 0 ? static_cast<size_t>(n) : 0);
    return data;
  }

  /// All that arrives until `mark` was seen or the other side closed.
  std::string receive_until(std::string_view mark, int limit_ms = 3000) {
    std::string all;
    while (all.find(mark) == std::string::npos) {
      const std::string piece = receive(limit_ms);
      if (piece.empty()) break;
      all += piece;
    }
    return all;
  }

  /// All that arrives until the other side closes.
  std::string receive_all(int limit_ms = 3000) {
    std::string all;
    for (std::string piece = receive(limit_ms); !piece.empty(); piece = receive(limit_ms)) {
      all += piece;
    }
    return all;
  }

  /// One whole answer with a content-length.
  std::string receive_answer(int limit_ms = 3000) {
    std::string all = std::exchange(left_, {});
    size_t end = 0;
    while ((end = all.find("\r\n\r\n")) == std::string::npos) {
      const std::string piece = receive(limit_ms);
      if (piece.empty()) return all;
      all += piece;
    }
    const size_t at = all.find("content-length: ");
    const size_t length = at < end ? std::stoul(all.substr(at + 16)) : 0;
    while (all.size() < end + 4 + length) {
      const std::string piece = receive(limit_ms);
      if (piece.empty()) return all;
      all += piece;
    }
    left_ = all.substr(end + 4 + length);
    all.resize(end + 4 + length);
    return all;
  }

  /// Whether the other side closes within the limit.
  bool closes_within(int limit_ms) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(limit_ms);
    while (std::chrono::steady_clock::now() < until) {
      pollfd entry{fd_, POLLIN, 0};
      if (::poll(&entry, 1, 20) <= 0) continue;
      char data[4096];
      if (::recv(fd_, data, sizeof data, 0) <= 0) return true;
    }
    return false;
  }

  void end_sending() { ::shutdown(fd_, SHUT_WR); }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  void reset() {
    const linger now{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close();
  }

 private:
  int fd_;
  const std::atomic<bool>* stop_;
  std::string left_;
};

/// A server on a free port that runs a script for each connection, in order of their arrival; what
/// comes beyond the scripts is closed at once.
class ScriptedServer {
 public:
  using Script = std::function<void(Wire&)>;

  explicit ScriptedServer(std::vector<Script> scripts) : scripts_(std::move(scripts)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    ::listen(listener_, 64);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~ScriptedServer() {
    stop_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    for (std::thread& thread : serving_) thread.join();
    ::close(listener_);
  }

  uint16_t port() const { return port_; }
  /// From now on nobody can connect.
  void stop_listening() { ::shutdown(listener_, SHUT_RDWR); }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

  /// Reads one request with a content-length.
  static std::string take_request(Wire& wire) { return wire.receive_answer(); }
  static std::string answer(std::string_view body, std::string_view extra = {}) {
    return "HTTP/1.1 200 OK\r\ncontent-length: " + std::to_string(body.size()) + "\r\n" +
           std::string(extra) + "\r\n" + std::string(body);
  }

 private:
  void run() {
    for (size_t i = 0;; ++i) {
      const int fd = ::accept(listener_, nullptr, nullptr);
      if (fd < 0) return;
      if (i >= scripts_.size()) {
        ::close(fd);
        continue;
      }
      serving_.emplace_back([this, script = scripts_[i], fd] {
        Wire wire(fd, &stop_);
        script(wire);
      });
    }
  }

  std::vector<Script> scripts_;
  int listener_ = -1;
  uint16_t port_ = 0;
  std::thread thread_;
  std::atomic<bool> stop_{false};  // ends the waits of scripts
  std::vector<std::thread> serving_;
};

}  // namespace gatehouse::net::test
