#include "core/trail.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "core/json.h"

namespace gatehouse {
namespace {

template <typename Number>
void append_number(std::string& out, Number value) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  out.append(buffer, end);
}

}  // namespace

DecisionTrail::Note* DecisionTrail::add(Layer layer, std::string_view step,
                                        std::string_view detail) {
  detail = detail.substr(0, kMaxDetailBytes);
  if (notes_.size() >= kMaxNotes || text_.size() + detail.size() > kMaxTextBytes) {
    ++dropped_;
    return nullptr;
  }
  Note& note = notes_.emplace_back();
  const auto micros =
      std::chrono::duration_cast<std::chrono::microseconds>(clock_->steady() - start_).count();
  note.micros =
      static_cast<uint32_t>(std::clamp<int64_t>(micros, 0, std::numeric_limits<uint32_t>::max()));
  note.layer = layer;
  note.step = step;
  if (!detail.empty()) {
    if (text_.empty()) text_.reserve(512);  // one allocation for a usual request
    note.text_offset = static_cast<uint32_t>(text_.size());
    note.text_size = static_cast<uint16_t>(detail.size());
    text_.append(detail);
  }
  return &note;
}

void DecisionTrail::note(Layer layer, std::string_view step, std::string_view detail) {
  add(layer, step, detail);
}

void DecisionTrail::note(Layer layer, std::string_view step,
                         std::initializer_list<std::string_view> detail) {
  char joined[kMaxDetailBytes];
  size_t size = 0;
  for (const std::string_view piece : detail)
    size += piece.copy(joined + size, sizeof joined - size);
  add(layer, step, std::string_view(joined, size));
}

void DecisionTrail::number(Layer layer, std::string_view step, int64_t value, std::string_view unit,
                           std::string_view detail) {
  if (Note* note = add(layer, step, detail)) {
    note->kind = Kind::integer;
    note->integer = value;
    note->unit = unit;
  }
}

void DecisionTrail::real(Layer layer, std::string_view step, double value, std::string_view unit,
                         std::string_view detail) {
  if (Note* note = add(layer, step, detail)) {
    note->kind = Kind::real;
    note->value = value;
    note->unit = unit;
  }
}

void DecisionTrail::score(Layer layer, std::string_view step, double value, double threshold,
                          std::string_view detail) {
  if (Note* note = add(layer, step, detail)) {
    note->kind = Kind::score;
    note->value = value;
    note->threshold = threshold;
  }
}

void DecisionTrail::append_json(std::string& out) const {
  out.push_back('[');
  for (size_t i = 0; i < notes_.size(); ++i) {
    const Note& note = notes_[i];
    out.append(i == 0 ? "{\"us\":" : ",{\"us\":");
    append_number(out, note.micros);
    out.append(",\"layer\":\"");
    out.append(to_string(note.layer));
    out.append("\",\"step\":");
    json::append_string(out, note.step);
    if (note.kind == Kind::score) {
      out.append(",\"score\":");
      json::append_decimal(out, note.value);
      out.append(",\"threshold\":");
      json::append_decimal(out, note.threshold);
    } else if (note.kind != Kind::text) {
      out.append(",\"value\":");
      if (note.kind == Kind::integer) {
        append_number(out, note.integer);
      } else {
        json::append_decimal(out, note.value);
      }
      if (!note.unit.empty()) {
        out.append(",\"unit\":");
        json::append_string(out, note.unit);
      }
    }
    if (note.text_size != 0) {
      out.append(",\"detail\":");
      // A detail may have been cut inside a character, or quote a name that came from outside.
      json::append_untrusted_string(out, detail(note));
    }
    out.push_back('}');
  }
  if (dropped_ != 0) {
    out.append(notes_.empty() ? "{" : ",{");
    out.append("\"layer\":\"settlement\",\"step\":\"dropped\",\"value\":");
    append_number(out, dropped_);
    out.append(",\"unit\":\"notes\"}");
  }
  out.push_back(']');
}

}  // namespace gatehouse
