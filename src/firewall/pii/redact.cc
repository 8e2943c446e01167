#include "firewall/pii/redact.h"

#include <algorithm>
#include <vector>

#include "firewall/pii/placeholder.h"
#include "firewall/pii/vault.h"
#include "firewall/text/json_view.h"

namespace gatehouse::firewall {
namespace {

struct Cut {
  size_t begin = 0;
  size_t end = 0;
  std::string_view rule;
};

bool is_personal(std::string_view rule) {
  return rule.starts_with("pii.");
}

/// What is taken out, in order and apart from each other.
std::vector<Cut> cuts_of(std::span<const Finding> findings, size_t size) {
  std::vector<Cut> cuts;
  cuts.reserve(findings.size());
  for (const Finding& finding : findings) {
    const Cut cut{std::min<size_t>(finding.begin, size), std::min<size_t>(finding.end, size),
                  finding.rule};
    if (cut.end > cut.begin) cuts.push_back(cut);
  }
  std::sort(cuts.begin(), cuts.end(), [](const Cut& a, const Cut& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end > b.end;
  });
  size_t kept = 0;
  for (size_t i = 0; i < cuts.size(); ++i) {
    if (kept == 0 || cuts[i].begin >= cuts[kept - 1].end) {
      cuts[kept++] = cuts[i];
      continue;
    }
    Cut& last = cuts[kept - 1];
    last.end = std::max(last.end, cuts[i].end);
    // Together they are as final as the one that may not come back.
    if (is_personal(last.rule) && !is_personal(cuts[i].rule)) last.rule = cuts[i].rule;
  }
  cuts.resize(kept);
  return cuts;
}

void append_placeholder(std::string_view rule, std::string_view value, Vault* vault,
                        std::string& out) {
  if (vault != nullptr && is_personal(rule)) {
    out.append(vault->placeholder(rule, value));
  } else {
    append_label(rule, out);
  }
}

}  // namespace

std::string redact(std::string_view text, std::span<const Finding> findings, Vault* vault) {
  std::string out;
  size_t at = 0;
  for (const Cut& cut : cuts_of(findings, text.size())) {
    out.append(text, at, cut.begin - at);
    append_placeholder(cut.rule, text.substr(cut.begin, cut.end - cut.begin), vault, out);
    at = cut.end;
  }
  out.append(text, at);
  return out;
}

std::string redact_json(std::string_view json, std::span<const Finding> findings, Vault* vault) {
  std::string view;
  std::string out;
  JsonView reader([&](std::string_view rule, size_t begin, size_t end, std::string& to) {
    append_placeholder(rule, std::string_view(view).substr(begin, end - begin), vault, to);
  });
  reader.feed(json, view);
  reader.finish(view);
  for (const Cut& cut : cuts_of(findings, view.size())) {
    reader.show(cut.begin, out);
    reader.replace(cut.end, cut.rule, out);
  }
  reader.show(view.size(), out);
  reader.end(out);
  return out;
}

}  // namespace gatehouse::firewall
