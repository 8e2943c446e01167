#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/random.h"

namespace gatehouse::settlement {

/// Makes trace and span ids for one event loop without a system call each: seeded once from the
/// random source, then SplitMix64. The ids are no secrets. Not thread-safe.
class SpanIds {
 public:
  explicit SpanIds(Random& random) : state_(random.next_u64()) {}
  uint64_t next();  // never 0

 private:
  uint64_t state_;
};

/// Where a request stands in a distributed trace (W3C Trace Context, Level 1, and W3C Baggage).
class TraceContext {
 public:
  static constexpr size_t kMaxTracestateBytes = 512;
  static constexpr size_t kMaxTracestateMembers = 32;
  static constexpr size_t kMaxBaggageBytes = 8192;
  static constexpr size_t kMaxBaggageMembers = 64;

  /// The context of a request with these headers, as a new span of our own: a child of the caller's
  /// span if `traceparent` is valid, else the root of a new trace (then `tracestate` is dropped, as
  /// the standard asks). An invalid `tracestate` or `baggage` is dropped whole.
  static TraceContext accept(std::string_view traceparent, std::string_view tracestate,
                             std::string_view baggage, SpanIds& ids);

  /// 32 and 16 lower-case hex digits. Views into this object.
  std::string_view trace_id() const { return {traceparent_.data() + 3, 32}; }
  std::string_view span_id() const { return {traceparent_.data() + 36, 16}; }
  /// Of the caller's span; empty if this is the root.
  std::string_view parent_id() const { return {parent_.data(), remote_ ? parent_.size() : 0}; }
  bool sampled() const;

  /// The header for a call to an upstream: this trace, and this request's span as the parent.
  std::string_view traceparent() const { return {traceparent_.data(), traceparent_.size()}; }
  std::string_view tracestate() const { return tracestate_; }
  /// May hold data of the caller: forward it to servers of the same operator only.
  std::string_view baggage() const { return baggage_; }

 private:
  std::array<char, 55> traceparent_{};
  std::array<char, 16> parent_{};
  bool remote_ = false;
  std::string tracestate_;
  std::string baggage_;
};

/// Whether a header is well formed; for tests and for callers that validate alone.
bool is_valid_traceparent(std::string_view header);
bool is_valid_tracestate(std::string_view header);
bool is_valid_baggage(std::string_view header);

}  // namespace gatehouse::settlement
