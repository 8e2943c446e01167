#include <algorithm>
#include <utility>

#include "firewall/eval/eval.h"
#include "firewall/eval/lines.h"
#include "firewall/eval/metrics.h"

namespace gatehouse::firewall::eval {
namespace {

/// Which question a label answers, and how.
struct Answer {
  std::string_view task;
  bool positive;
};
std::optional<Answer> answer_of(std::string_view label) {
  if (label == "injection" || label == "jailbreak") return Answer{"attack", true};
  if (label == "benign") return Answer{"attack", false};
  if (label == "pii") return Answer{"pii", true};
  if (label == "nopii") return Answer{"pii", false};
  if (label == "secret") return Answer{"secret", true};
  if (label == "nosecret") return Answer{"secret", false};
  if (label == "harmful") return Answer{"harmful", true};
  if (label == "toxic") return Answer{"hate", true};
  if (label == "nontoxic") return Answer{"hate", false};
  return std::nullopt;
}

/// Where a row names no speaker, its category tells: what is found in documents is no user's.
Source speaker_of(const Row& row) {
  if (row.speaker) return *row.speaker;
  for (const std::string_view start : {"indirect:", "tool-output", "email-indirect"}) {
    if (row.category.starts_with(start)) return Source::retrieved;
  }
  return Source::user;
}

float score_for(std::string_view task, const InputVerdict& verdict) {
  const auto of = [&](Category category) { return verdict.scores[static_cast<size_t>(category)]; };
  if (task == "attack") return verdict.injection_score;
  if (task == "pii") return of(Category::pii);
  if (task == "secret") return of(Category::secret);
  if (task == "hate") return of(Category::hate);
  return std::max({of(Category::harmful), of(Category::illicit), of(Category::violence),
                   of(Category::sexual), of(Category::self_harm)});
}

/// Whether the policy acted on what the task asks about.
bool flagged_for(std::string_view task, const InputVerdict& verdict) {
  if (task == "attack") return verdict.unshadowed == Action::block;
  return std::any_of(verdict.findings.begin(), verdict.findings.end(), [&](const Judged& judged) {
    switch (judged.finding.category) {
      case Category::pii:
        return task == "pii";
      case Category::secret:
        return task == "secret";
      case Category::hate:
      case Category::harassment:
        return task == "hate";
      case Category::harmful:
      case Category::illicit:
      case Category::violence:
      case Category::sexual:
      case Category::self_harm:
        return task == "harmful";
      default:
        return false;
    }
  });
}

class Evaluation {
 public:
  Evaluation(const Firewall& firewall, const Policy& policy)
      : firewall_(firewall), policy_(policy) {}

  void judge(const Row& row, const std::string& file) {
    const auto answer = answer_of(row.label);
    if (!answer) return;
    const InputVerdict verdict =
        firewall_.inspect_input(policy_, segments_of(row, speaker_of(row)), nullptr);
    ++rows_;
    const auto add = [&](std::string_view task, bool positive) {
      Observation seen;
      seen.score = score_for(task, verdict);
      seen.positive = positive;
      seen.flagged = flagged_for(task, verdict);
      // A speaker's name is no data set: the file is.
      seen.source = row.source.empty() || source_of(row.source) ? file : std::string(row.source);
      seen.category = row.category;
      tasks_[std::string(task)].push_back(std::move(seen));
    };
    add(answer->task, answer->positive);
    // Ordinary requests are the other half of the question about harm.
    if (answer->task == "attack" && !answer->positive) add("harmful", false);
  }

  EvalReport report() {
    EvalReport report;
    report.policy = policy_.name() + "@" + policy_.spec().version + " " + policy_.hash();
    report.model = firewall_.model_version();
    report.rows = rows_;
    for (auto& [task, observations] : tasks_) {
      report.tasks.push_back(summarise(task, observations));
    }
    return report;
  }

 private:
  const Firewall& firewall_;
  const Policy& policy_;
  uint64_t rows_ = 0;
  std::map<std::string, std::vector<Observation>, std::less<>> tasks_;
};

Result<std::vector<std::filesystem::path>> data_files(const std::filesystem::path& folder) {
  std::error_code error;
  std::vector<std::filesystem::path> files;
  if (std::filesystem::is_regular_file(folder, error)) {
    files.push_back(folder);
    return files;
  }
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    if (it->path().extension() == ".jsonl") files.push_back(it->path());
  }
  if (error || files.empty()) {
    return refuse(Refusal::invalid("data", folder.string() + " holds no *.jsonl files.",
                                   "no_evaluation_data"));
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

Result<EvalReport> evaluate(const Firewall& firewall, const Policy& policy,
                            const std::filesystem::path& folder, const BadLine& bad_line) {
  auto files = data_files(folder);
  if (!files) return refuse(std::move(files.error()));
  Evaluation evaluation(firewall, policy);
  json::Parser parser;
  uint64_t bad = 0;
  for (const auto& path : *files) {
    const File in(std::fopen(path.c_str(), "rb"));
    if (!in) return refuse(io_error(path.string()));
    LineReader reader(in.get());
    while (reader.next()) {
      if (reader.line().find_first_not_of(" \t") == std::string::npos) continue;
      const auto row = parse_row(parser, reader.line());
      if (!row || reader.too_long()) {
        ++bad;
        if (bad_line) {
          bad_line(reader.number(), path.filename().string() + ": " +
                                        (row ? "is longer than 64 MiB" : row.error().message));
        }
        continue;
      }
      evaluation.judge(*row, path.stem().string());
    }
    if (reader.failed()) return refuse(io_error(path.string()));
  }
  EvalReport report = evaluation.report();
  report.bad = bad;
  return report;
}

}  // namespace gatehouse::firewall::eval
