// Judges a model of names and addresses on labelled rows, by source.
//
//   firewall_names_eval MODEL THRESHOLD ROWS.jsonl…   prints the figures as a Markdown table
//   firewall_names_eval MODEL THRESHOLD --list ROWS.jsonl…   prints each mistake as well
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include "firewall/tagger/tagger.h"
#include "names_data.h"

namespace {

using namespace gatehouse;
using firewall::Finding;
using firewall::Findings;
using train::Labelled;

struct Counts {
  size_t gold = 0;
  size_t found = 0;
  size_t exact = 0;
  size_t gold_met = 0;   // by a finding of the same kind, in part
  size_t found_met = 0;  // the same, seen from the findings
  size_t bytes = 0;
};

double percent(size_t part, size_t whole) {
  return whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}
double f1(size_t hit_gold, size_t gold, size_t hit_found, size_t found) {
  const double recall = percent(hit_gold, gold);
  const double precision = percent(hit_found, found);
  return recall + precision > 0 ? 2 * recall * precision / (recall + precision) : 0;
}

bool is_name(const Finding& finding) {
  return finding.rule == firewall::tagger::kNameRule;
}
bool meets(const Labelled::Span& span, const Finding& finding) {
  return span.begin < finding.end && finding.begin < span.end && span.name == is_name(finding);
}
bool same(const Labelled::Span& span, const Finding& finding) {
  return meets(span, finding) && span.begin == finding.begin && span.end == finding.end;
}

struct Calibration {
  size_t found = 0;
  size_t right = 0;
  double score = 0;
};

class Evaluation {
 public:
  Evaluation(const firewall::tagger::Tagger& tagger, float threshold, bool list)
      : tagger_(tagger), threshold_(threshold), list_(list) {}

  void add(const Labelled& row) {
    firewall::clean_text(row.text, view_);
    findings_.clear();
    tagger_.scan(view_, {true, true}, findings_);
    for (const Finding& finding : findings_) {
      Calibration& slot =
          calibration_[std::min<size_t>(9, static_cast<size_t>(finding.score * 10))];
      ++slot.found;
      slot.score += static_cast<double>(finding.score);
      slot.right += std::any_of(row.spans.begin(), row.spans.end(),
                                [&](const auto& span) { return meets(span, finding); });
    }
    std::erase_if(findings_, [&](const Finding& finding) { return finding.score < threshold_; });
    for (const bool name : {true, false}) count(row, name);
  }

  void print() const {
    std::printf(
        "| source | kind | labelled | found | exact P | exact R | exact F1 | overlap P | overlap R "
        "| overlap F1 | found per 10 KB |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- | "
        "--- | --- |\n");
    for (const auto& [key, c] : counts_) {
      std::printf("| %s | %s | %zu | %zu | %.1f | %.1f | %.1f | %.1f | %.1f | %.1f | %.2f |\n",
                  key.first.c_str(), key.second ? "name" : "address", c.gold, c.found,
                  percent(c.exact, c.found), percent(c.exact, c.gold),
                  f1(c.exact, c.gold, c.exact, c.found), percent(c.found_met, c.found),
                  percent(c.gold_met, c.gold), f1(c.gold_met, c.gold, c.found_met, c.found),
                  static_cast<double>(c.found) * 10240 / static_cast<double>(c.bytes));
    }
    std::printf("\n| score | findings | mean score | right |\n| --- | --- | --- | --- |\n");
    for (const auto& [slot, c] : calibration_) {
      std::printf("| .%zu | %zu | %.2f | %.2f |\n", slot, c.found,
                  c.score / static_cast<double>(c.found), percent(c.right, c.found) / 100);
    }
  }

 private:
  void count(const Labelled& row, bool name) {
    Counts& c = counts_[{row.source, name}];
    c.bytes += row.text.size();
    for (const auto& span : row.spans) {
      if (span.name != name) continue;
      ++c.gold;
      const bool met = std::any_of(findings_.begin(), findings_.end(),
                                   [&](const Finding& f) { return meets(span, f); });
      c.gold_met += met;
      if (!met) tell("missed", row, span.begin, span.end, name);
    }
    for (const Finding& finding : findings_) {
      if (is_name(finding) != name) continue;
      ++c.found;
      const bool met = std::any_of(row.spans.begin(), row.spans.end(),
                                   [&](const auto& span) { return meets(span, finding); });
      c.found_met += met;
      const bool exact = std::any_of(row.spans.begin(), row.spans.end(),
                                     [&](const auto& span) { return same(span, finding); });
      c.exact += exact;
      if (!exact) tell(met ? "cut" : "wrong", row, finding.begin, finding.end, name);
    }
  }

  void tell(const char* what, const Labelled& row, size_t begin, size_t end, bool name) const {
    if (!list_) return;
    std::string around = row.text.substr(begin > 40 ? begin - 40 : 0, end + 80 - begin);
    std::replace(around.begin(), around.end(), '\n', '~');
    std::printf("%s %s in %s: [%s] %s\n", what, name ? "name" : "address", row.source.c_str(),
                row.text.substr(begin, end - begin).c_str(), around.c_str());
  }

  const firewall::tagger::Tagger& tagger_;
  const float threshold_;
  const bool list_;
  firewall::Normalised view_;
  Findings findings_;
  std::map<std::pair<std::string, bool>, Counts> counts_;
  std::map<size_t, Calibration> calibration_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const auto tagger = firewall::tagger::Tagger::load(argv[1]);
  if (!tagger) {
    std::fprintf(stderr, "%s\n", tagger.error().message.c_str());
    return 1;
  }
  const bool list = std::string_view(argv[3]) == "--list";
  Evaluation evaluation(**tagger, std::strtof(argv[2], nullptr), list);
  for (int i = list ? 4 : 3; i < argc; ++i) {
    for (const Labelled& row : train::read_labelled(argv[i])) evaluation.add(row);
  }
  evaluation.print();
  return 0;
}
