#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "firewall/answer/declined.h"
#include "firewall/answer/form.h"
#include "firewall/answer/repetition.h"
#include "firewall/inspector.h"

namespace gatehouse::firewall {

/// How an answer turns out: whether it says the same again and again, declines, or has not the form
/// that was asked for. Belongs to one answer; not thread-safe.
class Outcome {
 public:
  /// What is known of one stream. Made by `watch`.
  struct Watched {
    StreamId id;
    uint32_t segment = 0;
    std::optional<Repetition> repetition;
    bool told_repetition = false;
    std::optional<Beginning> beginning;
    bool judged = false;    // the whole beginning
    size_t waits_from = 0;  // in the beginning: what is not shown yet
    std::string going_on;
    std::shared_ptr<const Form> form;
    std::string said;  // what the form is judged by

    size_t waits() const { return beginning ? beginning->text().size() - waits_from : 0; }
  };

  /// `runs`: those of its detectors that the policy wants.
  Outcome(const Policy& policy, DetectorSet runs, Judge& judge);

  /// Returns false where something that is asked for cannot be checked.
  bool expect(std::span<const ExpectedForm> forms);
  bool expects_form() const { return !forms_.empty(); }

  void watch(Watched& stream, StreamId id, uint32_t segment) const;
  void calls(Watched& stream, std::string_view tool) const;

  /// Looks at what comes next, and gives what may go on: all of it, unless a rule blocks refusals;
  /// then the beginning waits until it is judged.
  std::string_view feed(Watched& stream, std::string_view text, bool last);
  /// The beginning has waited long enough: it is judged as it stands, and given.
  std::string_view pause(Watched& stream);

  void declined(uint32_t choice, uint32_t segment);
  /// A stream of a choice that is complete; null for the content of one that has neither content
  /// nor calls. Returns false where its form could not be judged.
  bool complete(uint32_t choice, Watched* stream);

 private:
  void judge_beginning(Watched& stream);
  void judge_repetition(Watched& stream, const Repetition::Found& found);
  /// What waits of the beginning goes on.
  static void let_go(Watched& stream);
  void tell_form(const Watched* stream, std::string_view rule, std::string_view evidence);

  const Policy& policy_;
  const DetectorSet runs_;
  Judge& judge_;
  bool holds_beginning_ = false;
  std::vector<std::pair<std::string_view, std::shared_ptr<const Form>>> forms_;  // by tool
  std::vector<uint32_t> declined_;                                               // choices
};

}  // namespace gatehouse::firewall
