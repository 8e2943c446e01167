#include "settlement/trace.h"

#include <algorithm>
#include <cstring>

#include "core/comma_list.h"
#include "core/letters.h"

namespace gatehouse::settlement {
namespace {

constexpr size_t kTraceparentBytes = 55;

bool is_lower_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_all_zero(std::string_view text) {
  return text.find_first_not_of('0') == std::string_view::npos;
}

bool is_lower_or_digit(char c) {
  return is_ascii_lower(c) || is_ascii_digit(c);
}

void write_hex(uint64_t value, char* out) {
  constexpr char kHex[] = "0123456789abcdef";
  for (int shift = 60; shift >= 0; shift -= 4) *out++ = kHex[(value >> shift) & 15];
}

/// Trace Context, section 3.3.1.3.1: a simple key, or tenant@system.
bool is_tracestate_key(std::string_view key) {
  const auto is_part = [](std::string_view part, size_t longest, bool digit_first) {
    if (part.empty() || part.size() > longest) return false;
    if (!is_lower_or_digit(part[0]) || (!digit_first && part[0] <= '9')) return false;
    return std::all_of(part.begin(), part.end(), [](char c) {
      return is_lower_or_digit(c) || c == '_' || c == '-' || c == '*' || c == '/';
    });
  };
  const size_t at = key.find('@');
  if (at == std::string_view::npos) return is_part(key, 256, false);
  return is_part(key.substr(0, at), 241, true) && is_part(key.substr(at + 1), 14, false);
}

bool is_tracestate_value(std::string_view value) {
  if (value.empty() || value.size() > 256 || value.back() == ' ') return false;
  return std::all_of(value.begin(), value.end(),
                     [](char c) { return c >= ' ' && c <= '~' && c != ',' && c != '='; });
}

/// RFC 9110, section 5.6.2.
bool is_token(std::string_view text) {
  static constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

/// Baggage, section 3.3: baggage-octet.
bool is_baggage_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c <= '~' && c != '"' && c != ',' && c != ';' && c != '\\';
  });
}

bool is_baggage_member(std::string_view member) {
  bool first = true;
  for (;;) {
    const size_t semicolon = member.find(';');
    const std::string_view part = trimmed(member.substr(0, semicolon));
    const size_t equals = part.find('=');
    if (!is_token(trimmed(part.substr(0, equals)))) return false;
    if (equals == std::string_view::npos) {
      if (first) return false;  // only properties may come without a value
    } else if (!is_baggage_value(trimmed(part.substr(equals + 1)))) {
      return false;
    }
    if (semicolon == std::string_view::npos) return true;
    member.remove_prefix(semicolon + 1);
    first = false;
  }
}

}  // namespace

uint64_t SpanIds::next() {
  for (;;) {
    uint64_t z = state_ += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    z ^= z >> 31;
    if (z != 0) return z;
  }
}

bool is_valid_traceparent(std::string_view header) {
  if (header.size() < kTraceparentBytes) return false;
  const std::string_view version = header.substr(0, 2);
  const std::string_view trace_id = header.substr(3, 32);
  const std::string_view parent_id = header.substr(36, 16);
  const std::string_view flags = header.substr(53, 2);
  if (header[2] != '-' || header[35] != '-' || header[52] != '-') return false;
  if (!is_lower_hex(version) || !is_lower_hex(trace_id) || !is_lower_hex(parent_id) ||
      !is_lower_hex(flags)) {
    return false;
  }
  if (version == "ff" || is_all_zero(trace_id) || is_all_zero(parent_id)) return false;
  // Later versions may add fields, each behind a dash.
  if (header.size() == kTraceparentBytes) return true;
  return version != "00" && header[kTraceparentBytes] == '-';
}

bool is_valid_tracestate(std::string_view header) {
  if (header.size() > TraceContext::kMaxTracestateBytes) return false;
  std::array<std::string_view, TraceContext::kMaxTracestateMembers> keys;
  size_t count = 0;
  return each_member(header, keys.size(), true, [&](std::string_view member) {
    const size_t equals = member.find('=');
    if (equals == std::string_view::npos) return false;
    const std::string_view key = member.substr(0, equals);
    if (!is_tracestate_key(key) || !is_tracestate_value(member.substr(equals + 1))) return false;
    const auto end = keys.begin() + static_cast<std::ptrdiff_t>(count);
    if (std::find(keys.begin(), end, key) != end) return false;
    keys[count++] = key;
    return true;
  });
}

bool is_valid_baggage(std::string_view header) {
  return header.size() <= TraceContext::kMaxBaggageBytes &&
         each_member(header, TraceContext::kMaxBaggageMembers, false, is_baggage_member);
}

TraceContext TraceContext::accept(std::string_view traceparent, std::string_view tracestate,
                                  std::string_view baggage, SpanIds& ids) {
  TraceContext context;
  char* const out = context.traceparent_.data();
  std::memcpy(out, "00-", 3);
  out[35] = out[52] = '-';
  if (is_valid_traceparent(traceparent)) {
    context.remote_ = true;
    std::memcpy(out + 3, traceparent.data() + 3, 32);
    std::memcpy(context.parent_.data(), traceparent.data() + 36, 16);
    // Of the flags, version 00 knows "sampled" alone; the others must be sent as zero.
    const char low = traceparent[54];
    const int bits = low <= '9' ? low - '0' : low - 'a' + 10;
    out[53] = '0';
    out[54] = (bits & 1) != 0 ? '1' : '0';
    if (is_valid_tracestate(tracestate)) context.tracestate_ = tracestate;
  } else {
    write_hex(ids.next(), out + 3);
    write_hex(ids.next(), out + 19);
    std::memcpy(out + 53, "01", 2);
  }
  write_hex(ids.next(), out + 36);
  if (is_valid_baggage(baggage)) context.baggage_ = baggage;
  return context;
}

bool TraceContext::sampled() const {
  return traceparent_[54] == '1';
}

}  // namespace gatehouse::settlement
