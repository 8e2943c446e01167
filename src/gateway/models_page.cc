#include "gateway/models_page.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "core/percent.h"

namespace gatehouse::gateway {
namespace {

constexpr size_t kDefaultLimit = 20;
constexpr size_t kMaxLimit = 1000;

struct Query {
  std::optional<std::string> limit, after, before;
};

Result<Query> read_query(std::string_view text) {
  Query query;
  const std::pair<std::string_view, std::optional<std::string>*> known[] = {
      {"limit", &query.limit}, {"after_id", &query.after}, {"before_id", &query.before}};
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    const std::string_view name = pair.substr(0, pair.find('='));
    for (const auto& [parameter, value] : known) {
      if (name != parameter) continue;
      if (*value) {
        return refuse(Refusal::invalid(std::string(name),
                                       fmt::format("'{}' occurs more than once.", name),
                                       "duplicate_parameter"));
      }
      const std::string_view escaped = pair.substr(std::min(pair.size(), name.size() + 1));
      *value = percent_decoded(escaped).value_or(std::string(escaped));
    }
  }
  if (query.after && query.before) {
    return refuse(Refusal::invalid("before_id", "Give either 'after_id' or 'before_id', not both.",
                                   "invalid_value"));
  }
  return query;
}

Result<size_t> read_limit(const std::optional<std::string>& text) {
  if (!text) return kDefaultLimit;
  size_t limit = 0;
  const char* const end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, limit);
  if (error == std::errc() && stop == end && limit >= 1 && limit <= kMaxLimit) return limit;
  return refuse(Refusal::invalid("limit",
                                 fmt::format("'limit' must be an integer from 1 to {}.", kMaxLimit),
                                 "invalid_value"));
}

Result<size_t> find(const std::vector<api::ModelEntry>& models, std::string_view parameter,
                    const std::string& id) {
  const auto found = std::find_if(models.begin(), models.end(),
                                  [&id](const api::ModelEntry& model) { return model.id == id; });
  if (found != models.end()) return static_cast<size_t>(found - models.begin());
  return refuse(Refusal::invalid(std::string(parameter),
                                 fmt::format("'{}' is not the id of a listed model.", parameter),
                                 "invalid_value"));
}

}  // namespace

Result<api::ModelsPage> models_page(std::vector<api::ModelEntry> models, std::string_view text) {
  Result<Query> query = read_query(text);
  if (!query) return refuse(std::move(query.error()));
  Result<size_t> limit = read_limit(query->limit);
  if (!limit) return refuse(std::move(limit.error()));
  size_t begin = 0;
  size_t end = models.size();
  if (query->after) {
    Result<size_t> at = find(models, "after_id", *query->after);
    if (!at) return refuse(std::move(at.error()));
    begin = *at + 1;
  }
  if (query->before) {
    Result<size_t> at = find(models, "before_id", *query->before);
    if (!at) return refuse(std::move(at.error()));
    end = *at;
  }
  api::ModelsPage page;
  page.has_more = end - begin > *limit;
  if (page.has_more && query->before) begin = end - *limit;
  if (page.has_more) end = begin + *limit;
  page.models.assign(std::make_move_iterator(models.begin() + static_cast<std::ptrdiff_t>(begin)),
                     std::make_move_iterator(models.begin() + static_cast<std::ptrdiff_t>(end)));
  return page;
}

}  // namespace gatehouse::gateway
