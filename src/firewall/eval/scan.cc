#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <sys/stat.h>

#include "firewall/eval/eval.h"
#include "firewall/eval/lines.h"
#include "firewall/pii/vault.h"

namespace gatehouse::firewall::eval {
namespace {

/// Turns byte offsets of one text into offsets in code points, in one pass for all of them.
class CodePoints {
 public:
  explicit CodePoints(std::string_view text) : text_(text) {}
  /// Cheap when asked in rising order.
  size_t at(size_t byte) {
    byte = std::min(byte, text_.size());
    if (byte < byte_) {
      byte_ = 0;
      points_ = 0;
    }
    for (; byte_ < byte; ++byte_) {
      if ((static_cast<unsigned char>(text_[byte_]) & 0xC0U) != 0x80U) ++points_;
    }
    return points_;
  }

 private:
  std::string_view text_;
  size_t byte_ = 0;
  size_t points_ = 0;
};

/// The texts as a model would get them, if one of them was changed.
void append_redacted(std::string& out, std::span<const Segment> segments,
                     const InputVerdict& verdict) {
  if (verdict.replacements.empty()) return;
  out += R"(,"redacted":[)";
  auto next = verdict.replacements.begin();
  for (size_t i = 0; i < segments.size(); ++i) {
    if (i > 0) out += ',';
    const bool replaced = next != verdict.replacements.end() && next->segment == i;
    json::append_untrusted_string(out, replaced ? next->text : segments[i].text);
    if (replaced) ++next;
  }
  out += ']';
}

void append_verdict(std::string& out, uint64_t line, std::span<const Segment> segments,
                    const InputVerdict& verdict) {
  out += fmt::format(R"({{"line":{},"action":"{}","score":{:.4f},"categories":{{)", line,
                     to_string(verdict.action), verdict.injection_score);
  bool first = true;
  for (size_t c = 0; c < kCategoryCount; ++c) {
    if (verdict.scores[c] <= 0) continue;
    out += fmt::format(R"({}"{}":{:.4f})", first ? "" : ",", to_string(static_cast<Category>(c)),
                       verdict.scores[c]);
    first = false;
  }
  out += R"(},"spans":[)";
  std::vector<CodePoints> points;
  for (const Segment& segment : segments) points.emplace_back(segment.text);
  first = true;
  for (const Judged& judged : verdict.findings) {
    const Finding& finding = judged.finding;
    const size_t begin = points[judged.segment].at(finding.begin);
    out += fmt::format(R"({}{{"start":{},"end":{},"category":"{}","score":{:.4f},"action":"{}")",
                       first ? "" : ",", begin, points[judged.segment].at(finding.end),
                       to_string(finding.category), finding.score, to_string(judged.action));
    if (segments.size() > 1) out += fmt::format(R"(,"message":{})", judged.segment);
    out += R"(,"rule":)";
    json::append_untrusted_string(out, finding.rule);
    if (!finding.evidence.empty()) {
      out += R"(,"evidence":)";
      json::append_untrusted_string(out, finding.evidence);
    }
    out += '}';
    first = false;
  }
  out += ']';
  append_redacted(out, segments, verdict);
  const double micros = std::chrono::duration<double, std::micro>(verdict.total()).count();
  out += fmt::format(R"(,"latency_us":{:.1f}}})", micros);
  out += '\n';
}

/// Calls `use(row, line number)` for each good line, and reports the bad ones.
template <typename Use>
Result<void> for_each_row(std::FILE* in, const BadLine& bad_line, ScanStats& stats, Use&& use) {
  LineReader reader(in);
  json::Parser parser;
  const auto bad = [&](std::string_view why) {
    ++stats.bad;
    if (bad_line) bad_line(reader.number(), why);
  };
  while (reader.next()) {
    ++stats.lines;
    if (reader.too_long()) {
      bad("is longer than 64 MiB");
      continue;
    }
    if (reader.line().find_first_not_of(" \t") == std::string::npos) continue;
    const auto row = parse_row(parser, reader.line());
    if (!row) {
      bad(row.error().message);
      continue;
    }
    if (auto ok = use(*row, reader.number()); !ok) return ok;
  }
  if (reader.failed()) return refuse(io_error("cannot read the input"));
  return {};
}

}  // namespace

Result<ScanStats> scan(const Firewall& firewall, const Policy& policy, std::FILE* in,
                       std::FILE* out, const ScanOptions& options) {
  ScanStats stats;
  std::string line;
  struct stat file {};
  // Who waits at the other end gets each answer at once.
  const bool at_once = ::fstat(::fileno(out), &file) == 0 && !S_ISREG(file.st_mode);
  auto done = for_each_row(
      in, options.bad_line, stats, [&](const Row& row, uint64_t number) -> Result<void> {
        const std::vector<Segment> segments = segments_of(row, options.default_source);
        // Without a tenant no clean text is remembered: each is inspected, and its time is true.
        Vault vault;
        Vault* const numbers = policy.spec().reversible_redaction ? &vault : nullptr;
        const InputVerdict verdict = firewall.inspect_input(policy, segments, numbers,
                                                            Caller{"", row.caller}, Effort::whole);
        line.clear();
        append_verdict(line, number, segments, verdict);
        if (std::fwrite(line.data(), 1, line.size(), out) != line.size()) {
          return refuse(io_error("cannot write the output"));
        }
        if (at_once) std::fflush(out);
        ++stats.scanned;
        for (const Segment& segment : segments) stats.bytes += segment.text.size();
        stats.inspecting += verdict.total();
        ++stats.actions[std::string(to_string(verdict.action))];
        return {};
      });
  if (!done) return refuse(std::move(done.error()));
  if (std::fflush(out) != 0) return refuse(io_error("cannot write the output"));
  return stats;
}

Result<DryRun> dry_run(const Firewall& firewall, const Policy& before, const Policy& after,
                       std::FILE* in, const ScanOptions& options) {
  constexpr size_t kMaxDifferences = 1000;
  DryRun run;
  ScanStats stats;
  auto done = for_each_row(
      in, options.bad_line, stats, [&](const Row& row, uint64_t number) -> Result<void> {
        const std::vector<Segment> segments = segments_of(row, options.default_source);
        // Shadow mode changes what is done, not what is decided: compare the decisions.
        const InputVerdict old_verdict = firewall.inspect_input(before, segments, nullptr);
        const InputVerdict new_verdict = firewall.inspect_input(after, segments, nullptr);
        ++run.texts;
        const Action was = old_verdict.unshadowed;
        const Action is = new_verdict.unshadowed;
        if (was == is) {
          ++run.same;
          return {};
        }
        ++(is > was ? run.stricter : run.milder);
        if (run.differences.size() < kMaxDifferences) {
          run.differences.push_back(
              {number, was, is, (is > was ? new_verdict : old_verdict).describe(segments)});
        }
        return {};
      });
  if (!done) return refuse(std::move(done.error()));
  run.bad = stats.bad;
  return run;
}

}  // namespace gatehouse::firewall::eval
