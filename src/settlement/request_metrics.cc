#include "settlement/request_metrics.h"

#include <algorithm>
#include <chrono>
#include <vector>

namespace gatehouse::settlement {
namespace {

/// Lookups kept per loop. Behind it everything goes to "other", so that a caller who makes up names
/// costs no memory.
constexpr size_t kMaxKeys = 1024;
constexpr size_t kMaxEndings = 64;

// Bounds as the OpenTelemetry GenAI conventions advise.
const std::vector<double> kTokenBounds = {
    1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864};
const std::vector<double> kOperationBounds = {0.01, 0.02, 0.04, 0.08,  0.16,  0.32,  0.64,
                                              1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92};
const std::vector<double> kFirstTokenBounds = {0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1,
                                               0.25,  0.5,   0.75, 1.0,  2.5,  5.0,  7.5,  10.0};
const std::vector<double> kPerTokenBounds = {0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2,
                                             0.3,  0.4,   0.5,  0.75,  1.0, 2.5};
// What Gatehouse itself takes is tens of microseconds.
const std::vector<double> kOverheadBounds = {0.00002, 0.00005, 0.0001, 0.0002, 0.0005, 0.001,
                                             0.002,   0.005,   0.01,   0.05,   0.1,    0.5};

double seconds(Nanos time) {
  return std::chrono::duration<double>(time).count();
}

std::string_view or_none(std::string_view value) {
  return value.empty() ? "none" : value;
}

}  // namespace

struct RequestMetrics::Families {
  explicit Families(MetricsRegistry& registry)
      : tokens(registry.family({.name = "gen_ai_client_token_usage",
                                .help = "Tokens of a request by type; input includes cached ones.",
                                .type = MetricType::histogram,
                                .labels = genai_labels("gen_ai_token_type"),
                                .bounds = kTokenBounds})),
        duration(registry.family({.name = "gen_ai_client_operation_duration_seconds",
                                  .help = "Time from a request's first byte to its end.",
                                  .type = MetricType::histogram,
                                  .labels = genai_labels("error_type"),
                                  .bounds = kOperationBounds})),
        first_token(
            registry.family({.name = "gen_ai_server_time_to_first_token_seconds",
                             .help = "Time from a streamed request's start to its first token.",
                             .type = MetricType::histogram,
                             .labels = genai_labels(""),
                             .bounds = kFirstTokenBounds})),
        per_token(registry.family({.name = "gen_ai_server_time_per_output_token_seconds",
                                   .help = "Mean time between tokens after the first one.",
                                   .type = MetricType::histogram,
                                   .labels = genai_labels(""),
                                   .bounds = kPerTokenBounds})),
        requests(registry.family(
            {.name = "gatehouse_requests_total",
             .help = "Requests by how they ended.",
             .labels = {{"tenant", true}, {"operation"}, {"outcome"}, {"status"}}})),
        refusals(
            registry.family({.name = "gatehouse_refusals_total",
                             .help = "Requests that ended in an error, by the layer it came from.",
                             .labels = {{"tenant", true}, {"layer"}, {"code", true}}})),
        budget_refusals(registry.family({.name = "gatehouse_budget_refusals_total",
                                         .help = "Requests refused because a budget was spent.",
                                         .labels = {{"tenant", true}}})),
        limiter_refusals(
            registry.family({.name = "gatehouse_limiter_refusals_total",
                             .help = "Requests refused by a rate or concurrency limit.",
                             .labels = {{"tenant", true}}})),
        cost(registry.family({.name = "gatehouse_cost_nano_usd_total",
                              .help = "Settled cost in nano-dollars.",
                              .labels = {{"tenant", true}, {"model", true}}})),
        verdicts(registry.family(
            {.name = "gatehouse_firewall_verdicts_total",
             .help = "What the firewall found and what the policy made of it.",
             .labels = {{"direction"}, {"category"}, {"action"}, {"detector"}, {"mode"}}})),
        firewall(registry.family({.name = "gatehouse_firewall_duration_seconds",
                                  .help = "Time that the firewall took on one request.",
                                  .type = MetricType::histogram,
                                  .labels = {{"direction"}},
                                  .bounds = kOverheadBounds})),
        second_opinions(registry.family(
            {.name = "gatehouse_firewall_second_opinions_total",
             .help = "Requests with a text that only the firewall's precise tier could settle.",
             .labels = {{"outcome"}}})),
        queue(registry.family({.name = "gatehouse_queue_duration_seconds",
                               .help = "Time that requests waited for a slot of a model.",
                               .type = MetricType::histogram,
                               .labels = {{"upstream", true}},
                               .bounds = kOperationBounds})),
        overhead(registry.family({.name = "gatehouse_overhead_duration_seconds",
                                  .help = "A request's time without its upstream and its queue.",
                                  .type = MetricType::histogram,
                                  .bounds = kOverheadBounds})),
        upstream_errors(registry.family({.name = "gatehouse_upstream_errors_total",
                                         .help = "Calls to upstreams that failed.",
                                         .labels = {{"upstream", true}, {"code", true}}})) {}

  static std::vector<LabelName> genai_labels(std::string_view more) {
    std::vector<LabelName> labels = {{"gen_ai_operation_name"},
                                     {"gen_ai_provider_name", true},
                                     {"gen_ai_request_model", true},
                                     {"gen_ai_response_model", true},
                                     {"tenant", true}};
    if (!more.empty()) labels.push_back({more});
    return labels;
  }

  MetricFamily& tokens;
  MetricFamily& duration;
  MetricFamily& first_token;
  MetricFamily& per_token;
  MetricFamily& requests;
  MetricFamily& refusals;
  MetricFamily& budget_refusals;
  MetricFamily& limiter_refusals;
  MetricFamily& cost;
  MetricFamily& verdicts;
  MetricFamily& firewall;
  MetricFamily& second_opinions;
  MetricFamily& queue;
  MetricFamily& overhead;
  MetricFamily& upstream_errors;
};

/// The cells of one way to end.
struct RequestMetrics::Endings {
  Outcome outcome = Outcome::completed;
  int status = 0;
  Layer layer = Layer::net;
  std::string code;  // of the error; empty if there is none
  Counter* requests = nullptr;
  Counter* refusals = nullptr;
  Histogram* duration = nullptr;
};

struct RequestMetrics::Cells {
  std::string operation, provider, request_model, response_model, tenant;
  Histogram* input_tokens = nullptr;
  Histogram* output_tokens = nullptr;
  Histogram* first_token = nullptr;
  Histogram* per_token = nullptr;
  Histogram* queue = nullptr;
  Histogram* firewall_input = nullptr;
  Histogram* firewall_output = nullptr;
  Histogram* overhead = nullptr;
  Counter* cost = nullptr;
  std::vector<Endings> endings;
};

RequestMetrics::RequestMetrics(MetricsRegistry& registry, MetricsShard& shard)
    : shard_(shard), families_(std::make_unique<Families>(registry)) {}

RequestMetrics::~RequestMetrics() = default;

RequestMetrics::Cells& RequestMetrics::cells_of(const RequestRecord& record) {
  // A model's name that no upstream was found for is whatever the caller wrote: it is no label.
  const bool routed = !record.upstream.empty();
  std::string_view parts[] = {
      or_none(record.operation),    or_none(record.provider), routed ? record.model_asked : "none",
      or_none(record.model_served), or_none(record.tenant),   or_none(record.upstream)};
  const auto make_key = [this, &parts] {
    key_.clear();
    for (const std::string_view part : parts) key_.append(part).push_back('\0');
  };
  make_key();
  auto found = cells_.find(key_);
  if (found == cells_.end() && cells_.size() >= kMaxKeys) {
    for (size_t i = 1; i < std::size(parts); ++i) parts[i] = "other";
    make_key();
    found = cells_.find(key_);
  }
  if (found != cells_.end()) return *found->second;

  auto cells = std::make_unique<Cells>();
  const auto [operation, provider, request_model, response_model, tenant, upstream] = parts;
  cells->operation = operation;
  cells->provider = provider;
  cells->request_model = request_model;
  cells->response_model = response_model;
  cells->tenant = tenant;
  Families& f = *families_;
  if (routed) {
    cells->input_tokens = &shard_.histogram(
        f.tokens, {operation, provider, request_model, response_model, tenant, "input"});
    cells->output_tokens = &shard_.histogram(
        f.tokens, {operation, provider, request_model, response_model, tenant, "output"});
    cells->first_token = &shard_.histogram(
        f.first_token, {operation, provider, request_model, response_model, tenant});
    cells->per_token = &shard_.histogram(
        f.per_token, {operation, provider, request_model, response_model, tenant});
    cells->queue = &shard_.histogram(f.queue, {upstream});
    cells->cost = &shard_.counter(f.cost, {tenant, response_model});
  }
  cells->firewall_input = &shard_.histogram(f.firewall, {"input"});
  cells->firewall_output = &shard_.histogram(f.firewall, {"output"});
  cells->overhead = &shard_.histogram(f.overhead, {});
  return *cells_.emplace(key_, std::move(cells)).first->second;
}

RequestMetrics::Endings& RequestMetrics::endings_of(Cells& cells, const RequestRecord& record) {
  std::string_view code = record.error != nullptr ? std::string_view(record.error->code) : "";
  const Layer layer = record.error != nullptr ? record.error->layer : Layer::net;
  if (cells.endings.size() >= kMaxEndings && !code.empty()) code = "other";
  for (Endings& each : cells.endings) {
    if (each.outcome == record.outcome && each.status == record.status && each.layer == layer &&
        each.code == code) {
      return each;
    }
  }
  // Status, outcome and layer are few, so that the list ends soon after codes become "other".
  Endings endings{.outcome = record.outcome,
                  .status = record.status,
                  .layer = layer,
                  .code = std::string(code)};
  Families& f = *families_;
  endings.requests = &shard_.counter(
      f.requests,
      {cells.tenant, cells.operation, to_string(record.outcome), std::to_string(record.status)});
  endings.duration =
      &shard_.histogram(f.duration, {cells.operation, cells.provider, cells.request_model,
                                     cells.response_model, cells.tenant, code});
  if (!code.empty()) {
    endings.refusals = &shard_.counter(f.refusals, {cells.tenant, to_string(layer), code});
  }
  return cells.endings.emplace_back(std::move(endings));
}

Counter& RequestMetrics::verdict_counter(const Verdict& verdict) {
  key_.clear();
  key_.append(verdict.direction).push_back('\0');
  key_.append(verdict.category).push_back('\0');
  key_.append(verdict.action).push_back('\0');
  key_.append(verdict.detector).push_back(verdict.shadow ? '1' : '0');
  const auto found = counters_.find(key_);
  if (found != counters_.end()) return *found->second;
  Counter& counter = shard_.counter(
      families_->verdicts, {verdict.direction, verdict.category, verdict.action, verdict.detector,
                            verdict.shadow ? "shadow" : "enforce"});
  if (counters_.size() < kMaxKeys) counters_.emplace(key_, &counter);
  return counter;
}

void RequestMetrics::upstream_error(std::string_view upstream, std::string_view code) {
  key_.clear();
  key_.append("upstream").push_back('\0');
  key_.append(upstream).push_back('\0');
  key_.append(code);
  const auto found = counters_.find(key_);
  if (found != counters_.end()) return found->second->add();
  Counter& counter = shard_.counter(families_->upstream_errors, {upstream, code});
  if (counters_.size() < kMaxKeys) counters_.emplace(key_, &counter);
  counter.add();
}

void RequestMetrics::observe(const RequestRecord& record) {
  Cells& cells = cells_of(record);
  Endings& endings = endings_of(cells, record);
  endings.requests->add();
  endings.duration->observe(seconds(record.total_time));
  if (endings.refusals != nullptr) {
    endings.refusals->add();
    if (record.error->kind == ErrorKind::budget_exhausted) {
      shard_.counter(families_->budget_refusals, {cells.tenant}).add();
    } else if (record.error->kind == ErrorKind::rate_limited) {
      shard_.counter(families_->limiter_refusals, {cells.tenant}).add();
    }
  }
  for (const Verdict& verdict : record.verdicts) verdict_counter(verdict).add(verdict.count);
  if (!record.second_opinion.empty()) {
    shard_.counter(families_->second_opinions, {record.second_opinion}).add();
  }
  if (record.firewall_input_time.count() > 0) {
    cells.firewall_input->observe(seconds(record.firewall_input_time));
  }
  if (record.firewall_output_time.count() > 0) {
    cells.firewall_output->observe(seconds(record.firewall_output_time));
  }
  cells.overhead->observe(
      std::max(0.0, seconds(record.total_time - record.upstream_time - record.queue_time)));
  if (cells.input_tokens == nullptr) return;

  cells.cost->add(static_cast<uint64_t>(std::max<int64_t>(0, record.cost.nanos)));
  if (record.input_tokens > 0 || record.output_tokens > 0) {
    cells.input_tokens->observe(static_cast<double>(record.input_tokens));
    cells.output_tokens->observe(static_cast<double>(record.output_tokens));
  }
  if (record.queue_time.count() > 0) cells.queue->observe(seconds(record.queue_time));
  if (record.first_token_time) {
    cells.first_token->observe(seconds(*record.first_token_time));
    if (record.output_tokens > 1) {
      cells.per_token->observe(seconds(record.total_time - *record.first_token_time) /
                               static_cast<double>(record.output_tokens - 1));
    }
  }
}

}  // namespace gatehouse::settlement
