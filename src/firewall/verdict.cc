#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "firewall/firewall.h"

namespace gatehouse::firewall {
namespace {

std::string_view stage_name(Stage stage) {
  switch (stage) {
    case Stage::normalise:
      return "normalise";
    case Stage::signatures:
      return "signatures";
    case Stage::learned:
      return "learned";
    case Stage::pii:
      return "pii";
    case Stage::secrets:
      return "secrets";
    case Stage::leak:
      return "leak";
    case Stage::redact:
      return "redact";
    case Stage::abuse:
      return "abuse";
    case Stage::precise:
      return "precise";
  }
  return "unknown";
}

/// Trail steps are literals; the first word is what people search for.
std::string_view trail_step(Category category) {
  return to_string(category);
}

std::string place(const Judged& judged, std::span<const Segment> segments) {
  std::string where;
  if (judged.segment < segments.size()) {
    const Segment& segment = segments[judged.segment];
    if (segment.path.empty()) {
      where = fmt::format("messages[{}]", segment.message);
      if (segment.part > 0) where += fmt::format(".content[{}]", segment.part);
    } else {
      where = segment.path;
    }
  } else {
    where = fmt::format("text {}", judged.segment);
  }
  return where + fmt::format(" bytes {}-{}", judged.finding.begin, judged.finding.end);
}

std::string tell(const Judged& judged, std::span<const Segment> segments) {
  std::string text = fmt::format("{} {:.2f} >= {:.2f} by {}", to_string(judged.finding.category),
                                 judged.finding.score, judged.threshold, judged.finding.rule);
  if (!judged.finding.evidence.empty()) text += fmt::format(" ({})", judged.finding.evidence);
  return text + " at " + place(judged, segments);
}

}  // namespace

std::string_view to_string(Stage stage) {
  return stage_name(stage);
}

std::chrono::nanoseconds Verdict::total() const {
  return std::accumulate(spent.begin(), spent.end(), std::chrono::nanoseconds{0});
}

std::string Verdict::describe(std::span<const Segment> segments) const {
  if (cannot_run) {
    return fmt::format("{} could not run and must", to_string(*cannot_run));
  }
  if (!decisive) return {};
  return tell(findings[*decisive], segments);
}

Refusal Verdict::refusal(std::span<const Segment> segments) const {
  Refusal refusal;
  refusal.layer = Layer::firewall;
  refusal.reason = describe(segments);
  if (cannot_run) {
    refusal.kind = ErrorKind::unavailable;
    refusal.code = "firewall_unavailable";
    refusal.message =
        "A check that this route's policy requires cannot run right now; the request was not "
        "sent to a model.";
    return refusal;
  }
  refusal.kind = ErrorKind::blocked;
  refusal.code = "blocked_by_policy";
  refusal.message = "Blocked by the firewall's policy.";
  if (!decisive) return refusal;
  const Judged& judged = findings[*decisive];
  const Finding& finding = judged.finding;
  refusal.message = fmt::format(
      "Blocked by the firewall's policy: {}.",
      finding.rule == kUnreadRule ? "a document that can't be read" : to_string(finding.category));
  if (judged.segment < segments.size()) {
    const Segment& segment = segments[judged.segment];
    refusal.param = segment.path.empty() ? fmt::format("messages[{}].content", segment.message)
                                         : std::string(segment.path);
  }
  return refusal;
}

void Verdict::note_skipped(DecisionTrail& trail) const {
  for (size_t i = 0; i < kDetectorCount; ++i) {
    const auto detector = static_cast<Detector>(i);
    if (skipped.has(detector)) {
      trail.note(Layer::firewall, "detector_skipped", to_string(detector));
    }
  }
}

void Verdict::note(DecisionTrail& trail, const Policy& policy,
                   std::span<const Segment> segments) const {
  for (const Judged& judged : findings) {
    if (judged.action == Action::allow) continue;
    trail.score(Layer::firewall, trail_step(judged.finding.category),
                static_cast<double>(judged.finding.score), static_cast<double>(judged.threshold),
                fmt::format("{} by {} at {}", to_string(judged.action), judged.finding.rule,
                            place(judged, segments)));
  }
  if (findings_dropped > 0) {
    trail.number(Layer::firewall, "findings_dropped", static_cast<int64_t>(findings_dropped));
  }
  note_skipped(trail);
  if (const auto asked = spent[static_cast<size_t>(Stage::precise)]; asked.count() > 0) {
    trail.number(Layer::firewall, "second_opinion",
                 std::chrono::duration_cast<std::chrono::microseconds>(asked).count(), "us",
                 "the linear model was unsure, the precise tier was asked");
  }
  trail.number(
      Layer::firewall, "inspect",
      std::chrono::duration_cast<std::chrono::microseconds>(total()).count(), "us",
      fmt::format("{}{} under policy {}@{} {}", policy.shadow() ? "shadow: would " : "",
                  to_string(unshadowed), policy.name(), policy.spec().version, policy.hash()));
}

}  // namespace gatehouse::firewall
