#include "config/config.h"
#include "config/describe.h"
#include "config/keys.h"

namespace gatehouse::config {
namespace {

constexpr int64_t kDayMs = 86'400'000;
constexpr const char* kNameWords = "1 to 64 letters, digits, '-', '_', '.', '/' or ':'";
constexpr const char* kNamePattern = "^[A-Za-z0-9._/:-]{1,64}$";

const Schema& target_schema() {
  static const Schema schema = [] {
    Describe<routing::Target> d("target", "A model of an upstream.");
    d.text("upstream", &routing::Target::upstream,
           "The name of an upstream; `local` is the embedded engine.")
        .required()
        .written(kNameWords, kNamePattern)
        .such_as("local");
    d.text("model", &routing::Target::model, "The model's name at the upstream.")
        .required()
        .such_as("smollm2");
    return d.done();
  }();
  return schema;
}

}  // namespace

const Schema& engine_schema() {
  using Spec = inference::LocalEngineSpec;
  static const Schema schema = [] {
    Describe<Spec> d("engine",
                     "The embedded engine. It is the upstream `local`, and adds the models "
                     "`smollm2`, `default` and `all-minilm-l6-v2`.");
    d.boolean("enabled", &Spec::enabled,
              "Off: no model is loaded, and there is no upstream `local`.");
    d.text("chat_model_file", &Spec::chat_model_path, "The chat model, in GGUF.")
        .path()
        .else_means("the pinned model beside the program");
    d.text("embedding_model_file", &Spec::embedding_model_path, "The embedding model.")
        .path()
        .else_means("the pinned model beside the program");
    d.integer("threads", &Spec::threads, "Threads that compute.")
        .range(0, 1024)
        .else_means("one per core");
    d.integer("max_sequences", &Spec::max_sequences, "Answers that are generated at the same time.")
        .range(1, 256);
    d.integer("context_tokens", &Spec::context_tokens, "Prompt and answer of one request together.")
        .range(256, 1 << 20);
    d.integer("queue_limit", &Spec::queue_limit, "Requests that may wait; more get 503.")
        .range(1, 100'000);
    d.integer("queue_timeout_ms", &Spec::queue_timeout_ms, "How long a request may wait.")
        .range(1, kDayMs);
    d.integer("default_max_tokens", &Spec::default_max_tokens,
              "Tokens of an answer where the request sets no maximum.")
        .range(1, 1 << 20);
    return d.done();
  }();
  return schema;
}

const Schema& upstream_schema() {
  using Spec = inference::UpstreamSpec;
  static const Schema schema = [] {
    Describe<Spec> d("upstream", "A server that answers requests.");
    d.text("name", &Spec::name, "What `models` calls it. `local` is the embedded engine's.")
        .required()
        .written(kNameWords, kNamePattern)
        .such_as("openai");
    d.choice<Spec::Kind>("kind", &Spec::kind,
                         {{"openai", Spec::Kind::openai}, {"anthropic", Spec::Kind::anthropic}},
                         "The API that it speaks: `openai` for every OpenAI-compatible server.");
    d.text("base_url", &Spec::base_url, "Where its API starts, version included.")
        .required()
        .written("an http:// or https:// URL", R"(^https?://[^\s?#]+$)")
        .such_as("https://api.example.com/v1");
    d.secret("api_key", &Spec::api_key, "The credential that is sent to it.");
    d.text_map("headers", &Spec::headers, "Headers sent with each request. Not for secrets.");
    d.text("ca_file", &Spec::ca_file, "Authorities (PEM) that its certificate is verified against.")
        .path()
        .else_means("the system's");
    d.texts("models", &Spec::models,
            "Models that `/v1/models` lists and clients may name without an entry in `models`. One "
            "that several upstreams have goes to the first of them, and to the next ones in order "
            "when one fails before its first output.")
        .written(kNameWords, kNamePattern);
    d.integer("default_max_tokens", &Spec::default_max_tokens,
              "Tokens that it generates at most where a request sets no maximum: what a budget "
              "holds back then, and what is sent as the maximum where a budget limits the caller.")
        .range(1, 10'000'000);
    d.integer("connect_timeout_ms", &Spec::connect_timeout_ms,
              "For name resolution, TCP and TLS together.")
        .range(1, kDayMs);
    d.integer("first_byte_timeout_ms", &Spec::first_byte_timeout_ms,
              "From the last byte of the request that was taken to the first of the answer.")
        .range(1, kDayMs);
    d.integer("between_chunks_timeout_ms", &Spec::between_chunks_timeout_ms,
              "Longest silence within an answer.")
        .range(1, kDayMs);
    d.integer("total_timeout_ms", &Spec::total_timeout_ms, "For the whole call.").range(1, kDayMs);
    d.integer("max_connections", &Spec::max_connections, "Connections to it, per event loop.")
        .range(1, 100'000);
    return d.done();
  }();
  return schema;
}

const Schema& model_schema() {
  using Spec = routing::AliasSpec;
  static const Schema schema = [] {
    Describe<Spec> d("model", "A model name that clients use, and where it leads.");
    d.text("name", &Spec::name, "The name that clients send as `model`.")
        .required()
        .written(kNameWords, kNamePattern)
        .such_as("fast");
    Key& targets = d.objects("targets", &Spec::targets, target_schema(),
                             "Where requests go: the first, and the next ones in order when one "
                             "fails before its first output.");
    targets.required().range(1, 16);
    d.text("policy", &Spec::policy, "The firewall policy of this model, whoever asks for it.")
        .else_means("the key's, else the tenant's");
    return d.done();
  }();
  return schema;
}

}  // namespace gatehouse::config
