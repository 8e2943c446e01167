#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include <boost/container/small_vector.hpp>

#include "core/clock.h"
#include "core/refusal.h"

namespace gatehouse {

/// What each layer decided about one request and why, in order, with the microseconds since the
/// request began. It becomes part of the audit record and is what `gatehouse explain` tells.
///
/// Notes are cheap (well below 100 ns) and bounded in number and bytes; what does not fit is
/// counted, not kept. Belongs to one request on one event loop: not thread-safe.
///
/// Never put content of a request (prompts, answers, tool arguments) or a secret into a note: names
/// of rules, models, upstreams and policies, reasons and numbers only.
class DecisionTrail {
 public:
  static constexpr size_t kMaxNotes = 128;
  static constexpr size_t kMaxDetailBytes = 240;  // of one note
  static constexpr size_t kMaxTextBytes = 8192;   // of all details together

  enum class Kind : unsigned char { text, integer, real, score };

  struct Note {
    uint32_t micros = 0;  // since the request began
    Layer layer = Layer::api;
    Kind kind = Kind::text;
    uint16_t text_size = 0;
    uint32_t text_offset = 0;
    std::string_view step;  // static
    std::string_view unit;  // static; of `integer` and `real`
    double value = 0;       // of `real` and `score`
    double threshold = 0;   // of `score`
    int64_t integer = 0;    // of `integer`
  };

  /// `clock` must outlive the trail; the request begins now.
  explicit DecisionTrail(const Clock& clock) : DecisionTrail(clock, clock.steady()) {}
  DecisionTrail(const Clock& clock, SteadyTime start) : clock_(&clock), start_(start) {}

  /// "This layer did this step, because …". `step` must be a literal: it is not copied, and its
  /// first word should be stable, since people search for it ("route", "budget_reserve").
  void note(Layer layer, std::string_view step, std::string_view detail = {});
  /// The same with a detail in pieces.
  void note(Layer layer, std::string_view step, std::initializer_list<std::string_view> detail);

  /// A count or amount with its unit ("tokens", "us", "micro_usd"); `unit` must be a literal.
  void number(Layer layer, std::string_view step, int64_t value, std::string_view unit = {},
              std::string_view detail = {});
  void real(Layer layer, std::string_view step, double value, std::string_view unit = {},
            std::string_view detail = {});

  /// A detector's score beside the threshold that it was held against. `detail` names the detector
  /// and its version.
  void score(Layer layer, std::string_view step, double value, double threshold,
             std::string_view detail = {});

  SteadyTime start() const { return start_; }
  size_t size() const { return notes_.size(); }
  const Note& at(size_t i) const { return notes_[i]; }
  /// Valid until the next note.
  std::string_view detail(const Note& note) const {
    return std::string_view(text_).substr(note.text_offset, note.text_size);
  }
  /// Notes that did not fit.
  uint32_t dropped() const { return dropped_; }

  /// Appends the trail as a JSON array, one object a note:
  /// {"us":812,"layer":"firewall","step":"injection","score":0.03,"threshold":0.8,"detail":"…"}.
  /// Notes that were dropped are told by a last object with "step":"dropped".
  void append_json(std::string& out) const;

 private:
  Note* add(Layer layer, std::string_view step, std::string_view detail);

  const Clock* clock_;
  SteadyTime start_;
  boost::container::small_vector<Note, 12> notes_;
  std::string text_;
  uint32_t dropped_ = 0;
};

}  // namespace gatehouse
