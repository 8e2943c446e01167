// Prints the features of texts for training: the very code that serves, so that there is one
// implementation. Reads frames from standard input (u32 length, bytes), and writes for each
// u32 blocks, then per block u32 begin, u32 end (bytes of the view), u32 count, count × u32 bucket.
// All numbers little-endian. `firewall_features views` writes the view itself instead: u32 length, bytes.
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "firewall/learned/features.h"
#include "firewall/text/normaliser.h"

namespace {

using gatehouse::firewall::learned::Extractor;

struct Collector {
  std::vector<uint32_t> out;
  std::vector<uint32_t> features;
  uint32_t blocks = 0;

  void feature(uint32_t bucket) { features.push_back(bucket); }
  void word_end() {}
  void sentence_end(size_t, size_t) {}
  void block_end(size_t begin, size_t end) {
    ++blocks;
    out.push_back(static_cast<uint32_t>(begin));
    out.push_back(static_cast<uint32_t>(end));
    out.push_back(static_cast<uint32_t>(features.size()));
    out.insert(out.end(), features.begin(), features.end());
    features.clear();
  }
};

bool read_exactly(void* to, size_t size) {
  return std::fread(to, 1, size, stdin) == size;
}

}  // namespace

int main(int argc, char** argv) {
  const bool views = argc > 1 && std::string_view(argv[1]) == "views";
  constexpr uint32_t kMaxText = 64U << 20U;
  uint32_t size = 0;
  std::string text;
  Collector collector;
  gatehouse::firewall::Normalised view;
  while (read_exactly(&size, sizeof size)) {
    if (size > kMaxText) return 2;
    text.resize(size);
    if (!read_exactly(text.data(), size)) return 2;
    collector.out.clear();
    collector.features.clear();
    collector.blocks = 0;
    gatehouse::firewall::clean_text(text, view);
    if (views) {
      const auto length = static_cast<uint32_t>(view.canonical.size());
      std::fwrite(&length, sizeof length, 1, stdout);
      std::fwrite(view.canonical.data(), 1, view.canonical.size(), stdout);
      continue;
    }
    Extractor<Collector>(collector).run(view.canonical);
    std::fwrite(&collector.blocks, sizeof collector.blocks, 1, stdout);
    std::fwrite(collector.out.data(), sizeof(uint32_t), collector.out.size(), stdout);
  }
  return std::ferror(stdout) != 0 ? 1 : 0;
}
