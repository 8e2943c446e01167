#pragma once

#include <memory>

#include "core/clock.h"
#include "core/result.h"
#include "inference/backend.h"
#include "inference/local/engine.h"
#include "inference/specs.h"

namespace gatehouse::inference::local {

/// The models that run inside this program, behind the interface of all backends: a chat model
/// with continuous batching, and an embedding model that is loaded when it is first needed.
///
/// Rendering, tokenising and compiling grammars happen on a small pool of threads, generation on
/// the engine's; an event loop only takes what is ready. Destroy it after the last stream and
/// before the event loops.
class LocalBackend : public Backend {
 public:
  /// Loads the chat model (a moment: it is mapped into memory). Empty paths mean the pinned models
  /// beside the build. Errors: see `Model::load`.
  static Result<std::shared_ptr<LocalBackend>> open(LocalEngineSpec spec,
                                                    const Clock& clock = Clock::system());
  ~LocalBackend() override;

  std::string_view provider() const override { return "local"; }
  Task<Result<api::ChatCompletion>> complete(const api::ChatRequest& request,
                                             CallContext& context) override;
  Task<Result<std::unique_ptr<ChatStream>>> stream(const api::ChatRequest& request,
                                                   CallContext& context) override;
  Task<Result<api::EmbeddingResponse>> embed(const api::EmbeddingRequest& request,
                                             CallContext& context) override;
  Task<Result<int64_t>> count_tokens(const api::ChatRequest& request,
                                     CallContext& context) override;
  std::vector<ModelInfo> models() const override;

  EngineStats stats() const;

 private:
  class Impl;
  explicit LocalBackend(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::inference::local
