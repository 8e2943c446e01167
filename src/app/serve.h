#pragma once

#include "app/server_process.h"

namespace gatehouse::app {

/// `gatehouse serve`: starts, tells where, and runs until SIGTERM or SIGINT; SIGHUP reloads.
/// Returns the exit code.
int serve(const ServerOptions& options);

}  // namespace gatehouse::app
