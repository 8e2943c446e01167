#include "names_data.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "core/json.h"
#include "firewall/text/normaliser.h"

namespace gatehouse::train {

using firewall::tagger::Tag;

std::vector<Labelled> read_labelled(const std::string& path) {
  std::ifstream in(path);
  std::vector<Labelled> rows;
  json::Parser parser;
  std::string line;
  while (std::getline(in, line)) {
    const auto row = parser.parse(line);
    Labelled& labelled = rows.emplace_back();
    std::string_view text;
    std::string_view source;
    json::Array spans;
    if (!row || (*row)["text"].get(text) != simdjson::SUCCESS ||
        (*row)["source"].get(source) != simdjson::SUCCESS ||
        (*row)["spans"].get(spans) != simdjson::SUCCESS) {
      std::fprintf(stderr, "%s: bad line %zu\n", path.c_str(), rows.size());
      std::exit(1);
    }
    labelled.text = text;
    labelled.source = source;
    for (const json::Element span : spans) {
      labelled.spans.push_back({static_cast<uint32_t>(uint64_t{span.at(0)}),
                                static_cast<uint32_t>(uint64_t{span.at(1)}),
                                std::string_view(span.at(2)) == "name"});
    }
  }
  if (rows.empty()) {
    std::fprintf(stderr, "%s: cannot be read or is empty\n", path.c_str());
    std::exit(1);
  }
  return rows;
}

Sample make_sample(const Labelled& row) {
  static firewall::Normalised view;
  firewall::clean_text(row.text, view);
  Sample sample;
  firewall::tagger::split_tokens(view.clean, sample.tokens);
  sample.tags.assign(sample.tokens.size(), Tag::outside);
  const size_t end = sample.tokens.size() - firewall::tagger::kEdges;
  for (const Labelled::Span& span : row.spans) {
    bool inside = false;
    for (size_t i = firewall::tagger::kEdges; i < end; ++i) {
      const auto& token = sample.tokens[i];
      const bool covered = view.map.to_original(token.end) > span.begin &&
                           view.map.to_original(token.begin) < span.end;
      // What a run does not hold cannot be found; what follows it begins anew.
      if (!covered || !token.candidate) {
        inside = false;
        continue;
      }
      const auto begin = span.name ? Tag::name_begin : Tag::address_begin;
      const auto rest = span.name ? Tag::name_inside : Tag::address_inside;
      sample.tags[i] = inside ? rest : begin;
      inside = true;
    }
  }
  return sample;
}

}  // namespace gatehouse::train
