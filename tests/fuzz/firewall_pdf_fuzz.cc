// Whatever a file holds, it is read within the limits, twice in the same way. The first byte says
// what the rest is: a file, the content of a page, or what a font's codes mean.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "firewall/pdf/reader.h"

using namespace gatehouse::firewall;

namespace {

constexpr size_t kText = 1 << 16;

pdf::Limits limits() {
  pdf::Limits limits;
  limits.read = 8 << 20;
  limits.tokens = 1 << 16;
  limits.decoded = 1 << 20;
  limits.steps = 1 << 12;
  limits.text = kText;
  return limits;
}

/// A file without a table of its objects, which are found all the same.
std::string file_of(std::string_view content, std::string_view map) {
  const auto stream = [](std::string_view bytes) {
    return "<</Length " + std::to_string(bytes.size()) + ">>stream\n" + std::string(bytes) +
           "\nendstream";
  };
  return "%PDF-1.7\n1 0 obj<</Pages 2 0 R>>endobj\n2 0 obj<</Kids[3 0 R]>>endobj\n"
         "3 0 obj<</MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F1 5 0 R/F2<<>>>>"
         "/XObject<</X1 4 0 R>>/ExtGState<</G1<</ca 0>>>>>>>>endobj\n4 0 obj" +
         stream(content) +
         "endobj\n5 0 obj<</Subtype/Type0/Encoding/Identity-H/ToUnicode 6 0 R"
         "/DescendantFonts[<</W[1[500]2 9 400]>>]>>endobj\n6 0 obj" +
         stream(map) + "endobj\ntrailer<</Root 1 0 R>>\n";
}

size_t size_of(const pdf::Document& document) {
  size_t size = document.visible.size();
  for (const pdf::Hidden& hidden : document.hidden) size += hidden.text.size();
  return size;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const std::string_view given(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::string file(given);
  if (data[0] % 4 == 1) file = file_of(given, "1 beginbfrange <0000> <00FF> <0000> endbfrange");
  if (data[0] % 4 == 2) file = file_of("BT /F1 9 Tf 9 9 Td <000100020003> Tj ET", given);
  const pdf::Document once = pdf::Reader(limits()).read(file);
  const pdf::Document again = pdf::Reader(limits()).read(file);
  if (once.visible != again.visible || once.gaps != again.gaps) std::abort();
  // Blanks between pieces are not counted.
  if (size_of(once) > 2 * kText || once.all.size() > 2 * kText) std::abort();
  return 0;
}
