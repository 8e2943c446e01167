#include "app/cli/spec_flags.h"

#include <algorithm>
#include <charconv>
#include <chrono>

#include <boost/json.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

namespace gatehouse::app::cli {
namespace {

namespace bj = boost::json;

constexpr std::string_view kNone = "none";

std::string whole_or_none(const std::string& text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size() && number >= 0;
  return whole || text == kNone ? std::string() : "expected a whole number or none";
}

void add_whole(CLI::App& command, const std::string& name, std::optional<std::string>& value,
               const std::string& what) {
  command.add_option(name, value, what)->check(whole_or_none)->type_name("N|none");
}

void set(bj::object& into, std::string_view name, const std::optional<std::string>& value,
         bool whole) {
  if (!value) return;
  if (*value == kNone) {
    into.erase(name);
  } else if (whole) {
    into[name] = std::stoll(*value);
  } else {
    into[name] = *value;
  }
}

void set_budget(bj::object& spec, std::string_view period, const std::optional<std::string>& usd,
                const std::optional<std::string>& tokens) {
  if (!usd && !tokens) return;
  if (!spec.contains("budgets")) spec["budgets"] = bj::array();
  bj::array& budgets = spec["budgets"].as_array();
  auto budget = std::find_if(budgets.begin(), budgets.end(), [period](const bj::value& each) {
    return each.is_object() && cell(each.as_object(), "period") == period;
  });
  if (budget == budgets.end()) {
    budget = budgets.insert(budgets.end(), bj::object{{"period", period}});
  }
  bj::object& amounts = budget->as_object();
  set(amounts, "usd", usd, false);
  set(amounts, "tokens", tokens, true);
  if (!amounts.contains("usd") && !amounts.contains("tokens")) budgets.erase(budget);
}

}  // namespace

void SpecFlags::add_limits(CLI::App& command) {
  add_whole(command, "--requests-per-minute", requests_per_minute,
            "Limit of requests; 0 lets nothing through");
  add_whole(command, "--tokens-per-minute", tokens_per_minute,
            "Limit of tokens; 0 lets nothing through");
  add_whole(command, "--max-concurrency", max_concurrency,
            "Requests at the same time; 0 lets nothing through");
}

void SpecFlags::add_budgets(CLI::App& command) {
  const auto add_dollars = [&command](const std::string& name, std::optional<std::string>& value,
                                      const std::string& what) {
    command.add_option(name, value, what)->type_name("USD|none");
  };
  add_dollars("--usd-per-day", usd_per_day,
              "Budget in dollars, exact: 2.50; 0 lets nothing through");
  add_dollars("--usd-per-month", usd_per_month, "Budget in dollars; 0 lets nothing through");
  add_whole(command, "--tokens-per-day", tokens_per_day,
            "Budget in tokens; 0 lets nothing through");
  add_whole(command, "--tokens-per-month", tokens_per_month,
            "Budget in tokens; 0 lets nothing through");
}

void SpecFlags::put_into(bj::object& spec) const {
  if (requests_per_minute || tokens_per_minute || max_concurrency) {
    if (!spec.contains("limits")) spec["limits"] = bj::object();
    bj::object& limits = spec["limits"].as_object();
    set(limits, "requests_per_minute", requests_per_minute, true);
    set(limits, "tokens_per_minute", tokens_per_minute, true);
    set(limits, "max_concurrency", max_concurrency, true);
  }
  set_budget(spec, "day", usd_per_day, tokens_per_day);
  set_budget(spec, "month", usd_per_month, tokens_per_month);
}

std::string expiry_of(const std::string& text) {
  if (text.find('-') != std::string::npos) return text;  // a date or a time: the API checks it
  int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
  int64_t seconds = 0;
  if (unit == "s") seconds = 1;
  if (unit == "m") seconds = 60;
  if (unit == "h") seconds = 3600;
  if (unit == "d") seconds = 86'400;
  if (error != std::errc() || seconds == 0 || count <= 0 || count > 100'000'000) {
    throw CLI::ValidationError("--expires",
                               "expected 30d, 12h, 2027-01-31 or a UTC time such as "
                               "2027-01-31T08:00:00Z");
  }
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now + count * seconds));
}

std::string cell(const bj::value* value) {
  if (value == nullptr || value->is_null()) return {};
  if (value->is_string()) return std::string(value->as_string());
  if (!value->is_array()) return bj::serialize(*value);
  std::string out;
  for (const bj::value& item : value->as_array()) {
    out += (out.empty() ? "" : ",") + cell(&item);
  }
  return out;
}

std::string cell(const bj::object& object, std::string_view name) {
  return cell(object.if_contains(name));
}

std::string limits_cell(const bj::object& spec) {
  std::string out;
  const auto add = [&out](const std::string& text) { out += (out.empty() ? "" : ", ") + text; };
  if (const bj::value* limits = spec.if_contains("limits"); limits && limits->is_object()) {
    const bj::object& l = limits->as_object();
    if (l.contains("requests_per_minute")) add(cell(l, "requests_per_minute") + " requests/min");
    if (l.contains("tokens_per_minute")) add(cell(l, "tokens_per_minute") + " tokens/min");
    if (l.contains("max_concurrency")) add(cell(l, "max_concurrency") + " at once");
  }
  if (const bj::value* budgets = spec.if_contains("budgets"); budgets && budgets->is_array()) {
    for (const bj::value& each : budgets->as_array()) {
      const bj::object& b = each.as_object();
      const std::string period = cell(b, "period");
      if (b.contains("usd")) add("$" + cell(b, "usd") + "/" + period);
      if (b.contains("tokens")) add(cell(b, "tokens") + " tokens/" + period);
    }
  }
  return out.empty() ? "none" : out;
}

}  // namespace gatehouse::app::cli
