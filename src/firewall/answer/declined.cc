#include "firewall/answer/declined.h"

#include "firewall/signatures/signature_set.h"
#include "firewall/text/normaliser.h"

namespace gatehouse::firewall {

size_t Beginning::add(std::string_view text) {
  const size_t taken = text.copy(bytes_.data() + size_, kSize - size_);
  size_ += taken;
  return taken;
}

Finding Beginning::judge() const {
  thread_local Normalised view;
  thread_local Findings found;
  clean_text(text(), view);
  found.clear();
  SignatureSet::refusals().scan(view.canonical, Source::assistant, Direction::output, "signature",
                                found);
  Finding strongest;
  strongest.category = Category::refusal;
  for (const Finding& finding : found) {
    if (finding.score > strongest.score) strongest = finding;
  }
  strongest.begin = view.map.to_original(strongest.begin);
  strongest.end = view.map.to_original(strongest.end);
  return strongest;
}

}  // namespace gatehouse::firewall
