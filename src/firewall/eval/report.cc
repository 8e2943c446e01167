#include <fmt/format.h>

#include "core/json.h"
#include "firewall/eval/eval.h"

namespace gatehouse::firewall::eval {
namespace {

std::string percent(const Rate& rate) {
  const auto [low, high] = rate.interval();
  return fmt::format("{:6.2f} % [{:5.1f}, {:5.1f}] of {}", rate.value() * 100, low * 100,
                     high * 100, rate.total);
}

json::build::object to_object(const Rate& rate) {
  const auto [low, high] = rate.interval();
  return {{"value", rate.value()},
          {"low", low},
          {"high", high},
          {"hits", rate.hits},
          {"of", rate.total}};
}

json::build::array to_array(const std::vector<Group>& groups) {
  json::build::array out;
  for (const Group& group : groups) {
    out.push_back(json::build::object{{"name", group.name},
                                      {"label", group.label},
                                      {"flagged", to_object(group.flagged)},
                                      {"mean_score", group.mean_score}});
  }
  return out;
}

}  // namespace

std::string EvalReport::text() const {
  std::string out = fmt::format("policy {}, model {}: {} rows", policy, model, rows);
  if (bad > 0) out += fmt::format(", {} bad lines skipped", bad);
  out += '\n';
  for (const TaskReport& task : tasks) {
    out += fmt::format(
        "\n{}\n  precision        {}\n  recall           {}\n  false positives  {}\n", task.task,
        percent(task.precision), percent(task.recall), percent(task.false_positives));
    out += fmt::format("  AUC {:.4f}, recall {:.1f} % at 1 % and {:.1f} % at 3 % false positives\n",
                       task.auc, task.recall_at_1_percent * 100, task.recall_at_3_percent * 100);
    for (const Group& group : task.by_source) {
      out +=
          fmt::format("  {} {:28} {}  mean score {:.3f}\n", group.label == "positive" ? '+' : '-',
                      group.name, percent(group.flagged), group.mean_score);
    }
  }
  return out;
}

std::string EvalReport::json() const {
  json::build::array list;
  for (const TaskReport& task : tasks) {
    list.push_back(json::build::object{{"task", task.task},
                                       {"precision", to_object(task.precision)},
                                       {"recall", to_object(task.recall)},
                                       {"false_positives", to_object(task.false_positives)},
                                       {"auc", task.auc},
                                       {"recall_at_1_percent_fpr", task.recall_at_1_percent},
                                       {"recall_at_3_percent_fpr", task.recall_at_3_percent},
                                       {"by_source", to_array(task.by_source)},
                                       {"by_category", to_array(task.by_category)}});
  }
  const json::build::object report{{"policy", policy},
                                   {"model", model},
                                   {"rows", rows},
                                   {"bad_lines", bad},
                                   {"tasks", std::move(list)}};
  return json::build::serialize(report);
}

}  // namespace gatehouse::firewall::eval
