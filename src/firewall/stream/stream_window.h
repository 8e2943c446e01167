#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "firewall/grounding/sources.h"
#include "firewall/leak/canary.h"
#include "firewall/leak/prompt_leak.h"
#include "firewall/tagger/tagger.h"
#include "firewall/text/json_view.h"
#include "firewall/text/normaliser.h"
#include "firewall/types.h"

namespace gatehouse::firewall {

/// What an answer is watched for, and what is done about it. Everything pointed to must outlive the
/// windows made from it.
struct OutputRules {
  /// The policy's word on a finding. `redact` replaces its bytes by "[EMAIL]"; a leak or a canary
  /// cannot be cut out of an answer, so for those `redact` and above is `block`.
  std::function<Action(const Finding&)> decide;
  bool pii = true;
  bool secrets = true;
  const tagger::Tagger* tagger = nullptr;  // names and addresses
  tagger::Wanted tags;                     // which of them
  bool signatures = true;
  const PromptLeak* leak = nullptr;       // of this request's system prompt
  const CanaryMatcher* canary = nullptr;  // planted in it
  const Sources* sources = nullptr;       // that each sentence should rest on
  bool json = false;                      // arguments of a tool call: taken as JSON, and left so
  bool hold_sentences = false;            // until their end: an unsupported one is not shown
  /// Most bytes that are held back; what is longer is judged as what it is by then. At least 128.
  size_t max_hold = 512;
};

/// Lets an answer through as it comes in, and holds back its end for as long as that may still
/// become something forbidden: the word under way, a number whose next group may follow, a key or
/// an address that has begun, a run of the system prompt's words. Whatever the pieces the text
/// comes in, the same is shown and the same is found as if it had come at once.
///
/// Belongs to one stream of one answer; not thread-safe. Each byte is scanned a bounded number of
/// times, so the cost is linear.
class StreamWindow {
 public:
  explicit StreamWindow(const OutputRules& rules);

  struct Release {
    std::string_view text;              // may be shown; valid until the next call
    std::span<const Finding> findings;  // settled by this call; offsets in bytes of the whole
                                        // answer, of JSON as it reads
    bool blocked = false;  // show `text`, then end the answer; later calls show nothing
  };
  Release feed(std::string_view text);
  /// The end of the answer, or a border in it: what was held back is judged as what it is.
  Release finish();
  /// What is held back has waited long enough: it is judged as it stands, and shown unless that is
  /// forbidden. The text goes on: of a value whose beginning is shown now, the rest is taken out.
  Release pause();

  size_t held_back() const { return buffer_.size() - released_; }  // bytes
  size_t longest_hold() const { return longest_hold_; }
  size_t received() const { return base_ + buffer_.size(); }

 private:
  Release evaluate(bool last);
  bool plain_tail(size_t& hold) const;
  void detect(size_t end, bool last, size_t& hold);
  size_t markup_hold(size_t end) const;
  void watch(std::string_view text, size_t position, bool last);
  void settle(size_t hold);
  void act(const Finding& finding, size_t& shown);
  std::string_view read(std::string_view text);
  void show(size_t from, size_t to);
  void take_out(size_t to, std::string_view rule, bool named);
  void begin_swallow(std::string_view rule, size_t begin);
  void swallow(std::string_view text);
  void trim();
  Release give();

  OutputRules rules_;
  std::string buffer_;   // text shown lately, for context, then what is held back
  size_t base_ = 0;      // offset in the answer of the buffer's first byte
  size_t released_ = 0;  // bytes of the buffer that were shown
  size_t longest_hold_ = 0;
  size_t redacted_to_ = 0;      // offset in the answer: end of the piece taken out last
  size_t signature_floor_ = 0;  // offset in the answer: signatures that end before it were told
  std::optional<JsonView> json_;
  std::string read_;  // JSON as it reads
  std::string out_;
  Findings settled_;
  Findings found_;
  Normalised view_;
  PromptLeak::Cursor leak_cursor_;
  CanaryMatcher::Cursor canary_cursor_;
  SupportCursor support_cursor_;
  size_t leak_hold_ = 0;  // offsets in the answer
  size_t canary_hold_ = 0;
  size_t support_hold_ = 0;
  std::string_view swallowing_;  // rule of the secret whose rest is dropped; empty: none
  size_t swallow_begin_ = 0;
  std::string swallow_tail_;
  bool word_cut_ = false;  // by a border or a pause: its rest is scanned though it be plain
  bool blocked_ = false;
};

/// Finds in a whole answer what a window finds in a stream. Offsets are of `text`.
void scan_output(std::string_view text, const OutputRules& rules, Findings& out);

}  // namespace gatehouse::firewall
