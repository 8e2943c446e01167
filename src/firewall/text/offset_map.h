#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace gatehouse::firewall {

/// Where the bytes of a view stand in the original text: a sorted list of places at which the
/// distance between the two changes. One entry for unchanged text, whatever its length.
class OffsetMap {
 public:
  void clear() { runs_.clear(); }

  /// The view's bytes from `view` on come from the original's bytes from `original` on. Calls come
  /// in rising order of `view`.
  void add(uint32_t view, uint32_t original) {
    if (!runs_.empty()) {
      const Run& last = runs_.back();
      if (last.original + (view - last.view) == original) return;
      if (last.view == view) {
        runs_.back().original = original;
        return;
      }
    } else if (view == original) {
      return;
    }
    runs_.push_back({view, original});
  }

  /// The view's bytes from `view` on are the bytes [begin, end) of another view of the same text.
  void append(const OffsetMap& other, uint32_t begin, uint32_t end, uint32_t view) {
    if (begin >= end) return;
    add(view, other.to_original(begin));
    auto run = std::upper_bound(other.runs_.begin(), other.runs_.end(), begin,
                                [](uint32_t wanted, const Run& r) { return wanted < r.view; });
    for (; run != other.runs_.end() && run->view < end; ++run) {
      add(view + (run->view - begin), run->original);
    }
  }

  void finish(uint32_t view_size, uint32_t original_size) {
    view_size_ = view_size;
    original_size_ = original_size;
  }

  /// The original offset at which the view's byte `view` begins; the original's size for the end.
  uint32_t to_original(uint32_t view) const {
    if (view >= view_size_) return original_size_;
    if (runs_.empty()) return std::min(view, original_size_);
    auto next = std::upper_bound(runs_.begin(), runs_.end(), view,
                                 [](uint32_t wanted, const Run& run) { return wanted < run.view; });
    const Run run = next == runs_.begin() ? Run{0, 0} : *std::prev(next);
    const uint32_t limit = next == runs_.end() ? original_size_ : next->original;
    return std::min(run.original + (view - run.view), limit);
  }

  bool identity() const { return runs_.empty() && view_size_ == original_size_; }
  size_t runs() const { return runs_.size(); }

 private:
  struct Run {
    uint32_t view;
    uint32_t original;
  };
  std::vector<Run> runs_;
  uint32_t view_size_ = 0;
  uint32_t original_size_ = 0;
};

}  // namespace gatehouse::firewall
