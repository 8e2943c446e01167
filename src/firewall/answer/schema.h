#pragma once

#include <memory>
#include <string_view>

#include "core/json.h"
#include "core/result.h"

namespace gatehouse::firewall {

/// A JSON Schema that answers are held against. Immutable; thread-safe.
class AnswerSchema {
 public:
  /// Refuses what is no schema, refers to anything outside of itself, or is too large or too deep
  /// to be bounded. Nothing is ever fetched.
  static Result<std::unique_ptr<AnswerSchema>> compile(std::string_view schema);
  ~AnswerSchema();

  enum class Fit : uint8_t { fits, breaks, unsure };
  /// `unsure`: there is more to it than may be looked at.
  Fit check(const json::build::value& answer) const;

  /// Whether it says things that are not checked (regular expressions among them).
  bool partly() const;

 private:
  struct Compiled;
  explicit AnswerSchema(std::unique_ptr<Compiled> compiled);
  std::unique_ptr<Compiled> compiled_;
};

}  // namespace gatehouse::firewall
