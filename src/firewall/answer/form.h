#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "firewall/answer/schema.h"

namespace gatehouse::firewall {

/// The form that a request asks for: JSON, perhaps of a schema. Immutable; thread-safe.
class Form {
 public:
  /// Longer answers are not judged.
  static constexpr size_t kMaxBytes = size_t{1} << 20;

  /// `schema` is JSON Schema; empty: any JSON. Applications ask for the same form with each
  /// request, so the last few are kept per thread.
  static std::shared_ptr<const Form> of(std::string_view schema);

  explicit Form(std::string_view schema);

  enum class Fit : uint8_t { fits, not_json, not_schema, unsure };
  /// `text` is unchanged, but for its capacity.
  Fit check(std::string& text) const;

  /// Whether all that the schema demands is checked.
  bool complete() const { return complete_; }

 private:
  std::unique_ptr<const AnswerSchema> schema_;
  bool complete_ = true;
};

}  // namespace gatehouse::firewall
