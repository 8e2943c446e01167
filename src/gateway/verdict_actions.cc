#include "gateway/verdict_actions.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <openssl/crypto.h>

namespace gatehouse::gateway {
namespace {

using firewall::Action;
using std::chrono::milliseconds;

constexpr std::string_view kConfirm = "x-gatehouse-confirm";
/// How soon a client that left is noticed.
constexpr milliseconds kNap{100};

int64_t now_in_seconds(RequestScope& scope) {
  const auto since = scope.services().loop.clock().wall().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(since).count();
}

/// "653f1a2b.9c0e…": until when, and the proof of it.
std::string confirmation(RequestScope& scope, const std::vector<std::string_view>& texts,
                         int64_t until) {
  const std::string when = fmt::format("{:x}", until);
  settlement::PromptHasher& hasher = scope.services().settlement.prompt_hasher();
  hasher.begin(scope.record.tenant);
  hasher.add("confirm");
  hasher.add(scope.record.key_id);
  hasher.add(when);
  for (const std::string_view text : texts) hasher.add(text);
  return fmt::format("{}.{}", when, hasher.finish());
}

bool confirms(RequestScope& scope, std::string_view shown,
              const std::vector<std::string_view>& texts) {
  int64_t until = 0;
  const std::string_view when = shown.substr(0, shown.find('.'));
  const auto [end, error] = std::from_chars(when.data(), when.data() + when.size(), until, 16);
  if (error != std::errc() || end != when.data() + when.size()) return false;
  if (until < now_in_seconds(scope)) return false;
  const std::string expected = confirmation(scope, texts, until);
  return shown.size() == expected.size() &&
         CRYPTO_memcmp(shown.data(), expected.data(), expected.size()) == 0;
}

/// The texts that somebody has to stand for, each once and in their order.
std::vector<std::string_view> asked_about(const firewall::InputVerdict& verdict,
                                          std::span<const firewall::Segment> segments) {
  std::vector<std::string_view> texts;
  if (verdict.findings_dropped > 0) {  // one of those may be it
    for (const firewall::Segment& segment : segments) texts.push_back(segment.text);
    return texts;
  }
  std::vector<uint32_t> numbers;
  for (const firewall::Judged& judged : verdict.findings) {
    if (judged.action == Action::ask) numbers.push_back(judged.segment);
  }
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  for (const uint32_t number : numbers) {
    if (number < segments.size()) texts.push_back(segments[number].text);
  }
  return texts;
}

Result<void> ask(RequestScope& scope, const firewall::InputVerdict& verdict,
                 std::span<const firewall::Segment> segments) {
  const std::vector<std::string_view> texts = asked_about(verdict, segments);
  if (confirms(scope, scope.exchange().request().header(kConfirm), texts)) {
    scope.trail().note(Layer::firewall, "confirmed", "the caller stands for what was asked about");
    return {};
  }
  const int64_t holds = scope.policy()->spec().confirm_within_s;
  scope.confirmation = confirmation(scope, texts, now_in_seconds(scope) + holds);
  Refusal refusal = verdict.refusal(segments);
  refusal.code = "confirmation_required";
  refusal.message += fmt::format(
      " Somebody has to confirm it: send the request again, within {} seconds, with the header "
      "\"{}: {}\".",
      holds, kConfirm, scope.confirmation);
  return refuse(std::move(refusal));
}

Task<Result<void>> delay(RequestScope& scope) {
  milliseconds left{scope.policy()->spec().delay_ms};
  scope.trail().number(Layer::firewall, "delay", left.count(), "ms");
  for (; left.count() > 0; left -= kNap) {
    if (scope.exchange().cancellation().cancelled()) {
      Refusal gone;
      gone.kind = ErrorKind::client_gone;
      gone.layer = Layer::net;
      gone.code = "client_gone";
      co_return refuse(std::move(gone));
    }
    co_await scope.services().loop.sleep_for(std::min(left, kNap));
  }
  co_return Result<void>{};
}

}  // namespace

Task<Result<void>> carry_out(RequestScope& scope, const firewall::InputVerdict& verdict,
                             std::span<const firewall::Segment> segments) {
  if (verdict.called_for.has(Action::ask)) {
    if (Result<void> confirmed = ask(scope, verdict, segments); !confirmed) co_return confirmed;
  }
  if (verdict.called_for.has(Action::delay)) co_return co_await delay(scope);
  co_return Result<void>{};
}

}  // namespace gatehouse::gateway
