#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "firewall/firewall.h"

/// The firewall offline: what `gatehouse firewall scan | eval | bench | test | dry-run` do, without
/// the command line. Everything streams; memory does not grow with the size of a file.
namespace gatehouse::firewall::eval {

/// A line longer than this is a bad line.
inline constexpr size_t kMaxLineBytes = 64U << 20;

/// Told about each line that could not be read: its number (from 1) and what is wrong with it.
using BadLine = std::function<void(uint64_t line, std::string_view why)>;

/// Reads "user", "tool", "system" …, and the other words that data uses for them ("function",
/// "document", "email", "web"); nothing for a word that is no speaker, such as a data set's name.
std::optional<Source> source_of(std::string_view word);

struct ScanOptions {
  Source default_source = Source::user;  // of lines that name no role or source
  BadLine bad_line;                      // may be empty
};

struct ScanStats {
  uint64_t lines = 0;                                    // read
  uint64_t scanned = 0;                                  // written
  uint64_t bad = 0;                                      // reported and skipped
  uint64_t bytes = 0;                                    // of text
  std::map<std::string, uint64_t, std::less<>> actions;  // how many texts got which
  std::chrono::nanoseconds inspecting{0};
};

/// JSON Lines in, JSON Lines out, in the same order. Each line has `text`, and perhaps `role` or
/// `source`; or, in its place, `messages` of one conversation, each with `content` and perhaps
/// `role`. With a `caller`, what was blocked of the same one before makes the judgement stricter,
/// as in a server. For each line one object: `line`, `action`, `score` (0 to 1: injection or
/// jailbreak), `categories` (category to score), `spans` (category, rule, score, `start` and `end`
/// in code points of the text, end exclusive, and `message`, its index, in a conversation),
/// `latency_us`. Empty lines are passed over. Fails only when reading or writing does.
Result<ScanStats> scan(const Firewall& firewall, const Policy& policy, std::FILE* in,
                       std::FILE* out, const ScanOptions& options);

/// The share `hits` of `total` with its 95 % Wilson interval.
struct Rate {
  uint64_t hits = 0;
  uint64_t total = 0;
  double value() const { return total == 0 ? 0 : double(hits) / double(total); }
  std::pair<double, double> interval() const;
};

/// One source (or category) of an evaluation.
struct Group {
  std::string name;
  std::string label;
  Rate flagged;  // attacks: recall; harmless: false positives. By the policy's own thresholds
  double mean_score = 0;
};

/// One question put to all rows that have an answer to it.
struct TaskReport {
  std::string task;  // "attack", "pii", "secret", "harmful", "hate"
  Rate precision;
  Rate recall;
  Rate false_positives;
  double auc = 0;
  double recall_at_1_percent = 0;  // at the threshold at which 1 % of the harmless rows are flagged
  double recall_at_3_percent = 0;
  std::vector<Group> by_source;
  std::vector<Group> by_category;
};

struct EvalReport {
  std::string policy;
  std::string model;
  uint64_t rows = 0;
  uint64_t bad = 0;
  std::vector<TaskReport> tasks;
  /// For people: a table per task.
  std::string text() const;
  /// For machines: one JSON object.
  std::string json() const;
};

/// Judges every labelled row of the *.jsonl files directly below `folder` (or of the one file): the
/// form is that of the training data, `text`, `label`, and perhaps `source`, `category`, `role`.
Result<EvalReport> evaluate(const Firewall& firewall, const Policy& policy,
                            const std::filesystem::path& folder, const BadLine& bad_line);

struct BenchRow {
  std::string name;  // "2 KB prompt", "64 KB document"
  size_t bytes = 0;
  double p50_us = 0;
  double p99_us = 0;
  double mb_per_s = 0;
  std::array<double, kStageCount> stage_us{};  // mean per text
};
/// Times texts of several sizes on this thread, about `seconds` in all.
std::vector<BenchRow> bench(const Firewall& firewall, const Policy& policy, double seconds);
std::string to_text(const std::vector<BenchRow>& rows);
std::string to_json(const std::vector<BenchRow>& rows);

/// A test of a policy: this text, from this speaker, must get this action.
struct Case {
  std::string name;
  std::string text;
  Source source = Source::user;
  Direction direction = Direction::input;
  Action expected = Action::allow;
  std::optional<Category> category;  // must be what decided, where given
};
struct CaseResult {
  Case tested;
  Action action = Action::allow;
  std::string why;  // what decided; no content
  bool passed = false;
};
/// Cases as JSON Lines: `text`, `expect` (an action), and perhaps `name`, `role`, `direction`,
/// `category`. Refuses a file with a bad line, by number: a test that is not run is no test.
Result<std::vector<Case>> read_cases(const std::filesystem::path& file);
std::vector<CaseResult> run_cases(const Firewall& firewall, const Policy& policy,
                                  const std::vector<Case>& cases);

/// Decisions of two policies over the same texts (recorded traffic, or any file for `scan`).
struct Difference {
  uint64_t line = 0;
  Action before = Action::allow;
  Action after = Action::allow;
  std::string why;  // what decided under the stricter of the two
};
struct DryRun {
  uint64_t texts = 0;
  uint64_t same = 0;
  uint64_t stricter = 0;
  uint64_t milder = 0;
  uint64_t bad = 0;                     // lines that were reported and skipped
  std::vector<Difference> differences;  // the first thousand
};
Result<DryRun> dry_run(const Firewall& firewall, const Policy& before, const Policy& after,
                       std::FILE* in, const ScanOptions& options);

}  // namespace gatehouse::firewall::eval
