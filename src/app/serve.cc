#include "app/serve.h"

#include <csignal>
#include <cstdio>

#include "config/config.h"
#include "core/log.h"

namespace gatehouse::app {
namespace {

/// The signals that the main thread waits for; blocked before any other thread starts, so that all
/// threads inherit the mask.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a limit on file sizes is an error of the log, not our end
  return signals;
}

void print_welcome(const ServerProcess& process) {
  std::printf("Gatehouse listens on %s\n", process.url().c_str());
  if (const auto& first = process.first_start()) {
    std::printf(
        "\nFirst start: made the tenant \"%s\" with a key. It is shown this once:\n\n"
        "  key   %s\n"
        "  curl  curl %s/v1/chat/completions -H 'authorization: Bearer %s' "
        "-H 'content-type: application/json' -d "
        "'{\"model\":\"%s\",\"messages\":[{\"role\":\"user\","
        "\"content\":\"What is the capital of Japan?\"}]}'\n\n"
        "The admin key is in the data folder's admin.key.\n",
        first->tenant.c_str(), first->key.c_str(), process.url().c_str(), first->key.c_str(),
        std::string(config::kDefaultModel).c_str());
  }
  std::fflush(stdout);
}

void print_failure(const Refusal& refusal, const config::ConfigErrors& errors) {
  if (!errors.empty()) {
    std::fprintf(stderr, "%s\n", config::to_string(errors).c_str());
    return;
  }
  std::fprintf(stderr, "gatehouse serve: %s%s%s\n",
               refusal.param.empty() ? "" : refusal.param.c_str(),
               refusal.param.empty() ? "" : ": ", refusal.message.c_str());
  if (!refusal.reason.empty()) std::fprintf(stderr, "  %s\n", refusal.reason.c_str());
}

}  // namespace

int serve(const ServerOptions& options) {
  const sigset_t signals = block_signals();
  config::ConfigErrors errors;
  Result<std::unique_ptr<ServerProcess>> process = ServerProcess::start(options, errors);
  if (!process) {
    print_failure(process.error(), errors);
    return 1;
  }
  print_welcome(**process);
  while (true) {
    int signal = 0;
    if (sigwait(&signals, &signal) != 0) continue;
    if (signal != SIGHUP) break;
    (*process)->reload();
  }
  log::info("draining", {});
  (*process)->drain();
  return 0;
}

}  // namespace gatehouse::app
