#include "net/loop.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <optional>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/list.hpp>

#include "core/log.h"
#include "net/event.h"

namespace gatehouse::net {
namespace asio = boost::asio;

namespace {

using Timer =
    asio::basic_waitable_timer<std::chrono::steady_clock,
                               asio::wait_traits<std::chrono::steady_clock>, LoopExecutor>;

[[noreturn]] void die_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) {
    log::error("uncaught_exception", {{"what", e.what()}});
  } catch (...) {
    log::error("uncaught_exception");
  }
  log::global().flush(std::chrono::milliseconds(500));
  std::abort();
}

/// A sleeping coroutine. It lives in the coroutine's own frame, so somebody else must know of it to
/// end both with the loop.
struct Sleeper
    : boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
  using Token = asio::use_awaitable_t<LoopExecutor>;
  using Resume = asio::async_result<Token, void()>::handler_type;

  void wake() {
    Resume woken = std::move(*resume);
    resume.reset();
    woken();
  }
  void abandon() {
    const Resume dropped = std::move(*resume);
    resume.reset();
  }
  std::optional<Resume> resume;
};

using Resume = Sleeper::Resume;

struct Park {
  Sleeper* sleeper;
  void operator()(Sleeper::Resume&& resume) const { sleeper->resume.emplace(std::move(resume)); }
};

using Sleepers = boost::intrusive::list<Sleeper, boost::intrusive::constant_time_size<false>>;

}  // namespace

struct Loop::Engine {
  Sleepers sleepers;
  // One thread runs it and has all its sockets; others may post.
  asio::io_context context{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
  asio::executor_work_guard<LoopExecutor> work{context.get_executor()};
  Timer timer{context};
  bool ticking = false;
  std::vector<Resume> until_turn_over;
  std::vector<Resume> resuming;
};

Loop::Loop(size_t index, const Clock& clock, Random& random)
    : index_(index), clock_(clock), ids_(clock, random), wheel_(clock.steady()) {
  // A peer that closed is an error value of a write, not a signal; OpenSSL writes without
  // MSG_NOSIGNAL.
  static const bool ignored = std::signal(SIGPIPE, SIG_IGN) != SIG_ERR;
  static_cast<void>(ignored);
  engine_ = std::make_unique<Engine>();
  wheel_.on_first([](void* self) { static_cast<Loop*>(self)->tick(); }, this);
}

Loop::~Loop() {
  wheel_.on_first(nullptr, nullptr);
  // Each posts the end of its coroutine, which the context's own end then carries out.
  while (!engine_->sleepers.empty()) {
    Sleeper& sleeper = engine_->sleepers.front();
    engine_->sleepers.pop_front();
    sleeper.abandon();
  }
  engine_->until_turn_over.clear();
}

asio::io_context& Loop::context() {
  return engine_->context;
}

LoopExecutor Loop::executor() {
  return engine_->context.get_executor();
}

void Loop::post(std::function<void()> work) {
  asio::post(engine_->context, std::move(work));
}

void Loop::spawn(Task<void> task) {
  asio::co_spawn(engine_->context, std::move(task), [](std::exception_ptr error) {
    if (error) die_of(error);
  });
}

Task<void> Loop::sleep_for(std::chrono::milliseconds duration) {
  Sleeper sleeper;
  engine_->sleepers.push_back(sleeper);
  Deadline deadline(wheel_, &sleeper, [](void* s) { static_cast<Sleeper*>(s)->wake(); });
  deadline.set(clock_.steady() + duration);
  co_await asio::async_initiate<const Sleeper::Token, void()>(Park{&sleeper}, use_task);
}

Task<void> Loop::turn_over() {
  return asio::async_initiate<const Sleeper::Token, void()>(
      [this](Resume&& resume) {
        // Posted work runs after all that is ready now.
        if (engine_->until_turn_over.empty()) {
          asio::post(engine_->context, [this] { end_turn(); });
        }
        engine_->until_turn_over.push_back(std::move(resume));
      },
      use_task);
}

void Loop::end_turn() {
  std::swap(engine_->until_turn_over, engine_->resuming);
  for (Resume& resume : engine_->resuming) resume();
  engine_->resuming.clear();
}

void Loop::run() {
  running_.store(true, std::memory_order_release);
  engine_->context.run();
  running_.store(false, std::memory_order_release);
}

void Loop::stop() {
  engine_->context.stop();
}

/// Turns the wheel for as long as there is anything in it.
void Loop::tick() {
  if (std::exchange(engine_->ticking, true)) return;
  engine_->timer.expires_after(DeadlineWheel::kTick);
  engine_->timer.async_wait([this](const boost::system::error_code& error) {
    engine_->ticking = false;
    if (error) return;
    wheel_.advance(clock_.steady());
    if (wheel_.linked() > 0) tick();
  });
}

LoopGroup::LoopGroup(size_t count, const Clock& clock, Random& random) {
  if (count == 0) count = std::max(1U, std::thread::hardware_concurrency());
  loops_.reserve(count);
  for (size_t i = 0; i < count; ++i) loops_.push_back(std::make_unique<Loop>(i, clock, random));
}

LoopGroup::~LoopGroup() {
  stop();
  join();
}

void LoopGroup::start() {
  for (auto& loop : loops_) threads_.emplace_back([&loop = *loop] { loop.run(); });
}

void LoopGroup::stop() {
  for (auto& loop : loops_) loop->stop();
}

void LoopGroup::join() {
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
  threads_.clear();
}

}  // namespace gatehouse::net
