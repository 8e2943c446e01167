#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

namespace gatehouse {

/// The executor of an event loop. Naming the concrete type keeps `co_await` free of the
/// allocation and virtual calls of `any_io_executor`.
using LoopExecutor = boost::asio::io_context::executor_type;

/// A coroutine that runs on one event loop from start to end. Never moves between threads.
/// Write coroutines as named functions: a capturing lambda's closure dies before its coroutine
/// does.
template <typename T>
using Task = boost::asio::awaitable<T, LoopExecutor>;

}  // namespace gatehouse
