#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "firewall/tagger/crf.h"
#include "firewall/tagger/tokens.h"

namespace gatehouse::train {

/// One labelled text: JSON lines with `text`, `source` and `spans` ([begin, end, "name" or
/// "address"], bytes of the text).
struct Labelled {
  struct Span {
    uint32_t begin = 0;
    uint32_t end = 0;
    bool name = true;
  };
  std::string text;
  std::string source;
  std::vector<Span> spans;
};
/// Exits with a message if a file cannot be read.
std::vector<Labelled> read_labelled(const std::string& path);

/// A text as the tagger sees it: its tokens, and the label of each.
struct Sample {
  std::vector<firewall::tagger::Token> tokens;  // edges included
  std::vector<firewall::tagger::Tag> tags;      // as many
};
Sample make_sample(const Labelled& row);

}  // namespace gatehouse::train
