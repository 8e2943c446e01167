#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace gatehouse::inference {

/// A server (or the embedded engine) that answers requests, as the configuration declares it.
struct UpstreamSpec {
  enum class Kind : uint8_t { local, openai, anthropic };

  std::string name;
  Kind kind = Kind::openai;
  std::string base_url;  // "https://host/v1"; unused when local
  /// The credential itself, already resolved from `api_key_env` or `api_key_file`; never logged.
  std::string api_key;
  std::map<std::string, std::string> headers;  // sent with each request
  std::string ca_file;                         // trust this instead of the system's store
  std::vector<std::string> models;  // what /v1/models lists; empty: only what aliases name
  /// The completion tokens that the upstream gives when a request sets no maximum: what a budget
  /// reserves then.
  int64_t default_max_tokens = 4096;

  int64_t connect_timeout_ms = 2'000;
  int64_t first_byte_timeout_ms = 60'000;
  int64_t between_chunks_timeout_ms = 30'000;
  int64_t total_timeout_ms = 600'000;
  int max_connections = 256;  // per event loop
};

/// The embedded engine.
struct LocalEngineSpec {
  bool enabled = true;
  std::string chat_model_path;       // GGUF; empty: the pinned one beside the build
  std::string embedding_model_path;  // empty: the pinned one beside the build
  int threads = 0;                   // 0: one per core
  int max_sequences = 16;
  int context_tokens = 4096;  // per sequence
  int queue_limit = 256;
  int64_t queue_timeout_ms = 60'000;
  int64_t default_max_tokens = 512;
};

}  // namespace gatehouse::inference
