#pragma once

#include <string>
#include <vector>

#include "firewall/eval/eval.h"

namespace gatehouse::firewall::eval {

/// What the firewall said of one labelled row.
struct Observation {
  float score = 0;
  bool positive = false;  // by the label
  bool flagged = false;   // by the policy
  std::string source;
  std::string category;
};

/// Area under the ROC curve by ranks (Mann–Whitney), ties counting half. 0 if a class is empty.
double area_under_curve(const std::vector<Observation>& observations);

/// The share of positives above the threshold at which at most `rate` of the negatives are.
double recall_at(const std::vector<Observation>& observations, double rate);

TaskReport summarise(const std::string& task, const std::vector<Observation>& observations);

}  // namespace gatehouse::firewall::eval
