#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace gatehouse::inference::local {

/// A bounded queue that is fair between tenants: deficit round robin (Shreedhar and Varghese,
/// 1995), so that each tenant with work waiting gets the same share of tokens, however many
/// requests it sends and however long they are. Not thread-safe.
template <typename Item>
class FairQueue {
 public:
  /// `quantum`: tokens that a tenant may spend each time its turn comes.
  FairQueue(size_t limit, int64_t quantum) : limit_(limit), quantum_(quantum) {}

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  bool full(size_t more = 1) const { return size_ + more > limit_; }

  /// `cost` in tokens. False, and nothing happens, when the queue is full.
  bool push(std::string_view tenant, int64_t cost, Item item) {
    if (full()) return false;
    auto at = tenants_.find(std::string(tenant));
    if (at == tenants_.end()) {
      at = tenants_.emplace(std::string(tenant), Line{}).first;
      turns_.push_back(at->first);
    }
    at->second.items.emplace_back(cost, std::move(item));
    ++size_;
    return true;
  }

  /// The item whose turn it is; call only when not empty. It stays until `pop`.
  Item& front() {
    choose();
    return tenants_.at(turns_.front()).items.front().second;
  }

  Item pop() {
    choose();
    Line& line = tenants_.at(turns_.front());
    auto [cost, item] = std::move(line.items.front());
    line.items.pop_front();
    line.deficit -= cost;
    --size_;
    // An idle tenant saves nothing up for later.
    if (line.items.empty()) {
      tenants_.erase(turns_.front());
      turns_.pop_front();
    }
    return std::move(item);
  }

  /// Removes what `dead(item)` names, wherever it waits.
  template <typename Dead>
  void remove_if(Dead dead) {
    for (auto turn = turns_.begin(); turn != turns_.end();) {
      Line& line = tenants_.at(*turn);
      size_ -= std::erase_if(line.items, [&](auto& entry) { return dead(entry.second); });
      if (line.items.empty()) {
        tenants_.erase(*turn);
        turn = turns_.erase(turn);
      } else {
        ++turn;
      }
    }
  }

 private:
  struct Line {
    std::deque<std::pair<int64_t, Item>> items;
    int64_t deficit = 0;
    bool granted = false;  // its quantum of the current turn
  };

  // Moves turns on until the first tenant can pay for its first item.
  void choose() {
    for (;;) {
      Line& line = tenants_.at(turns_.front());
      if (!std::exchange(line.granted, true)) line.deficit += quantum_;
      if (line.deficit >= line.items.front().first) return;
      line.granted = false;
      turns_.splice(turns_.end(), turns_, turns_.begin());
    }
  }

  const size_t limit_;
  const int64_t quantum_;
  size_t size_ = 0;
  std::unordered_map<std::string, Line> tenants_;
  std::list<std::string> turns_;
};

}  // namespace gatehouse::inference::local
