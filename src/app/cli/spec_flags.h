#pragma once

#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>

namespace gatehouse::app::cli {

/// The limits and budgets that tenants, users and keys have in common, as options.
struct SpecFlags {
  // As given: a number, or "none".
  std::optional<std::string> requests_per_minute, tokens_per_minute, max_concurrency;
  std::optional<std::string> usd_per_day, usd_per_month;
  std::optional<std::string> tokens_per_day, tokens_per_month;

  void add_limits(CLI::App& command);
  void add_budgets(CLI::App& command);
  /// Sets `limits` and `budgets` of the admin API's object where options were given, and removes
  /// what is to be "none"; other members that were there stay.
  void put_into(boost::json::object& spec) const;
};

/// "30d", "12h", "2027-01-31" or "2027-01-31T08:00:00Z" as the admin API takes it; throws
/// CLI::ValidationError for anything else.
std::string expiry_of(const std::string& text);

/// What a JSON value says in a table: text bare, nothing for null, lists with commas.
std::string cell(const boost::json::value* value);
std::string cell(const boost::json::object& object, std::string_view name);
/// "600 requests/min, 32 at once, 250 $/month".
std::string limits_cell(const boost::json::object& spec);

}  // namespace gatehouse::app::cli
