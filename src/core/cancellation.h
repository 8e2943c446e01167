#pragma once

#include <cstddef>
#include <functional>
#include <utility>

namespace gatehouse {

/// Tells work on behalf of a request that nobody waits for it any more (the client left, the
/// server drains past its deadline). Belongs to one event loop: not thread-safe, and `cancel`
/// runs the hook on the caller's stack.
///
/// At most one hook is set at a time: the innermost wait owns it. Use `Hook` to set and unset it.
class Cancellation {
 public:
  bool cancelled() const { return cancelled_; }

  void cancel() {
    if (std::exchange(cancelled_, true)) return;
    if (hook_) std::exchange(hook_, nullptr)();
  }

  /// Sets `on_cancel` for its own lifetime. If cancellation happened before, nothing is called:
  /// check `cancelled()` first.
  class Hook {
   public:
    Hook(Cancellation& cancellation, std::function<void()> on_cancel)
        : cancellation_(cancellation), outer_(std::move(cancellation.hook_)) {
      cancellation_.hook_ = std::move(on_cancel);
    }
    ~Hook() { cancellation_.hook_ = std::move(outer_); }
    Hook(const Hook&) = delete;
    Hook& operator=(const Hook&) = delete;

   private:
    Cancellation& cancellation_;
    std::function<void()> outer_;
  };

 private:
  bool cancelled_ = false;
  std::function<void()> hook_;
};

}  // namespace gatehouse
