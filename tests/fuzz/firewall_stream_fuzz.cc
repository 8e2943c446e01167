// An answer cut where the first bytes say, which may pause between two pieces: the window shows no
// more than it was given, holds no more than its bound, and with nothing redacted shows exactly
// what it was given.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "firewall/stream/stream_window.h"

using namespace gatehouse::firewall;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const size_t step = 1 + data[0] % 32;
  const bool redacting = (data[1] & 1) != 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  const PromptLeak prompt(
      "one two three four five six seven eight nine ten eleven twelve thirteen fourteen");
  OutputRules rules;
  rules.decide = [redacting](const Finding&) { return redacting ? Action::redact : Action::flag; };
  rules.leak = &prompt;
  rules.max_hold = 128;
  StreamWindow window(rules);
  std::string shown;
  bool blocked = false;
  for (size_t at = 0; at < text.size(); at += step) {
    const StreamWindow::Release release = window.feed(text.substr(at, step));
    shown.append(release.text);
    blocked |= release.blocked;
    if (window.held_back() > rules.max_hold + 4) std::abort();
    if ((data[1] & 2) == 0 || at / step % 3 != 0) continue;
    const StreamWindow::Release late = window.pause();
    shown.append(late.text);
    blocked |= late.blocked;
    if (window.held_back() > 3) std::abort();
  }
  const StreamWindow::Release release = window.finish();
  shown.append(release.text);
  blocked |= release.blocked;
  if (!redacting && !blocked && shown != text) std::abort();
  return 0;
}
