// What a file does to who reads it: nothing beyond the limits, whatever it holds.
#include <chrono>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "firewall/pdf/reader.h"
#include "unit/firewall/pdf/pdf_maker.h"

namespace gatehouse::firewall::pdf {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kHello = "BT /F1 12 Tf 72 700 Td (Hello) Tj ET";

/// Also expects that it takes no long time, and that nothing is written to where people look.
Document read(const std::string& file, const Limits& limits = {}) {
  testing::internal::CaptureStderr();
  const auto begin = std::chrono::steady_clock::now();
  Document document = Reader(limits).read(file);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  return document;
}

std::string repeat(const std::string& unit, size_t count) {
  std::string out;
  for (size_t i = 0; i < count; ++i) out += unit;
  return out;
}

TEST(PdfLimits, KnowsWhatIsNoPdf) {
  for (const std::string file : {"", "PK\3\4", "%PDF", "a plain text"}) {
    EXPECT_FALSE(is_pdf(file));
    EXPECT_THAT(read(file).gaps, ElementsAre(Gap::not_pdf)) << file;
  }
  EXPECT_TRUE(is_pdf("\xEF\xBB\xBF\n%PDF-1.4"));
}

TEST(PdfLimits, ReadsWhatIsEncryptedForNobody) {
  const Document document = read(encrypted(page_pdf(kHello), ""));
  EXPECT_EQ(document.visible, "Hello\n");
  EXPECT_THAT(document.gaps, IsEmpty());
}

TEST(PdfLimits, TellsOfPasswords) {
  const Document document = read(encrypted(page_pdf(kHello), "secret"));
  EXPECT_EQ(document.visible, "");
  EXPECT_THAT(document.gaps, ElementsAre(Gap::encrypted));
}

TEST(PdfLimits, ReadsObjectStreams) {
  const Document document = read(packed(page_pdf(kHello)));
  EXPECT_EQ(document.visible, "Hello\n");
  EXPECT_THAT(document.gaps, IsEmpty());
}

TEST(PdfLimits, ReadsWhatCanBeRepaired) {
  std::string file = page_pdf(kHello);
  const size_t table = file.find("xref\n");
  const std::string moved =
      file.substr(0, table) + "no table\n" + file.substr(file.find("trailer"));
  EXPECT_EQ(read(moved).visible, "Hello\n");
  file.replace(file.find("/Length"), 8, "/Len#67 ");
  EXPECT_EQ(read(file).visible, "Hello\n");
}

TEST(PdfLimits, TellsWhatIsBroken) {
  EXPECT_THAT(read("%PDF-1.7\nand nothing else").gaps, ElementsAre(Gap::broken));
  EXPECT_THAT(read("%PDF-1.7\n1 0 obj\n<</Type/Catalog>>\nendobj\ntrailer<</Root 1 0 R>>").gaps,
              ElementsAre(Gap::broken));
}

TEST(PdfLimits, KeepsWhatADamagedStreamHolds) {
  // A stored block, and one of a kind that there is not.
  const std::string content = kHello + std::string(1'000, ' ');
  const auto size = static_cast<unsigned>(content.size());
  std::string bytes("\x78\x01\x00", 3);
  for (const unsigned number : {size, ~size}) {
    bytes += static_cast<char>(number & 255U);
    bytes += static_cast<char>(number >> 8U & 255U);
  }
  bytes += content + '\x07';
  PdfMaker maker;
  const size_t stream = maker.add_stream(bytes, "/Filter/FlateDecode");
  const size_t pages = maker.next() + 1;
  const size_t page =
      maker.add(fmt::format("<</Parent {} 0 R/Contents {} 0 R/Resources<<>>>>", pages, stream));
  maker.add(fmt::format("<</Kids[{} 0 R]>>", page));
  const Document document = read(maker.file(maker.add(fmt::format("<</Pages {} 0 R>>", pages))));
  EXPECT_EQ(document.visible, "Hello\n");
  EXPECT_THAT(document.gaps, ElementsAre(Gap::damaged));
}

TEST(PdfLimits, DecodesEachFilter) {
  const auto with = [](const std::string& bytes, const std::string& entries) {
    PdfMaker maker;
    const size_t form = maker.add_stream(bytes, "/Subtype/Form/BBox[0 0 600 800]/Filter" + entries);
    return read(maker.page("/X1 Do", {.resources = fmt::format("/XObject<</X1 {} 0 R>>", form)}))
        .visible;
  };
  const std::string show = "BT /F1 9 Tf 9 9 Td (Hello) Tj ET";
  std::string hex;
  for (const char c : show) hex += fmt::format("{:02X} ", static_cast<unsigned>(c));
  EXPECT_EQ(with(hex + ">", "/ASCIIHexDecode"), "Hello\n");
  EXPECT_EQ(with(deflated(show), "/FlateDecode"), "Hello\n");
  EXPECT_EQ(with(deflated(hex), "[/FlateDecode/AHx]"), "Hello\n");
  std::string run(1, static_cast<char>(show.size() - 1));
  EXPECT_EQ(with(run + show + '\x80', "/RunLengthDecode"), "Hello\n");
  // Each row with the number of its prediction; PNG's "up" adds what is above.
  const std::string rows = '\2' + show.substr(0, 16) + '\0' + show.substr(16);
  EXPECT_EQ(with(deflated(rows), "/FlateDecode/DecodeParms<</Predictor 12/Columns 16>>"),
            "Hello\n");
  // From the example in ISO 32000-1, 7.4.4.2, as literals only: 9 bits each, no codes made use of.
  std::string lzw;
  unsigned bits = 0;
  unsigned count = 0;
  const auto put = [&](unsigned code) {
    bits = bits << 9U | code;
    for (count += 9; count >= 8; count -= 8) lzw += static_cast<char>(bits >> (count - 8U) & 255U);
  };
  put(256);
  for (const char c : show) put(static_cast<unsigned char>(c));
  put(257);
  bits <<= 8U - count;
  lzw += static_cast<char>(bits & 255U);
  EXPECT_EQ(with(lzw, "/LZWDecode"), "Hello\n");
  // "BT" and so on by hand: "Man " is 9jqo^ in Ascii85.
  EXPECT_EQ(with("9jqo^~>", "/ASCII85Decode"), "");
}

TEST(PdfLimits, RefusesLargeFiles) {
  const std::string file = page_pdf(kHello);
  EXPECT_THAT(read(file, {.bytes = file.size() - 1}).gaps, ElementsAre(Gap::over_limit));
  EXPECT_THAT(read(file, {.bytes = file.size()}).gaps, IsEmpty());
}

TEST(PdfLimits, StopsBombsInContent) {
  const std::string file = PdfMaker().page(kHello + std::string(80 << 20, ' '), {.deflate = true});
  EXPECT_LT(file.size(), 100'000U);
  EXPECT_THAT(read(file).gaps, ElementsAre(Gap::over_limit));
}

TEST(PdfLimits, StopsBombsInObjectStreams) {
  PdfMaker maker;
  maker.add_deflated("2 0 <</Pages 3 0 R>>" + std::string(80 << 20, ' '),
                     "/Type/ObjStm/N 1/First 4");
  std::string file = maker.file(1);
  const size_t at = file.find("xref\n");
  // Object 1 stands at the ninth byte, object 2 is the first in it.
  const std::string rows("\0\0\0\0\0\1\0\0\x09\0\2\0\0\1\0", 15);
  file = file.substr(0, at) +
         fmt::format(
             "9 0 obj\n<</Type/XRef/Size 3/Root 2 0 R/W[1 3 1]/Length {}>>\nstream\n{}\nendstream\n"
             "endobj\nstartxref\n{}\n%%EOF\n",
             rows.size(), rows, at);
  EXPECT_THAT(read(file).gaps, ElementsAre(Gap::over_limit));
}

TEST(PdfLimits, StopsBombsBetweenFilters) {
  // The second filter ends where the first has only begun.
  const std::string bomb = deflated("41>" + std::string(80 << 20, '>'));
  PdfMaker maker;
  const size_t form = maker.add_stream(bomb, "/Subtype/Form/BBox[0 0 9 9]/Filter[/Fl/AHx]");
  const Document document =
      read(maker.page("/X1 Do", {.resources = fmt::format("/XObject<</X1 {} 0 R>>", form)}));
  EXPECT_THAT(document.gaps, ElementsAre(Gap::over_limit));
}

TEST(PdfLimits, StopsChainsOfFilters) {
  std::string bomb(20 << 20, '\0');
  for (int i = 0; i < 3; ++i) bomb = deflated(bomb);
  PdfMaker maker;
  const size_t form = maker.add_stream(bomb, "/Subtype/Form/BBox[0 0 9 9]/Filter[/Fl/Fl/Fl]");
  const std::string many = repeat("/AHx", 100'000);
  const size_t chain = maker.add_stream("41>", "/Subtype/Form/BBox[0 0 9 9]/Filter[" + many + "]");
  const Document document =
      read(maker.page("/X1 Do /X2 Do",
                      {.resources = fmt::format("/XObject<</X1 {} 0 R/X2 {} 0 R>>", form, chain)}));
  EXPECT_THAT(document.gaps, testing::SizeIs(1));
}

TEST(PdfLimits, StopsChainsOfReferences) {
  PdfMaker maker;
  constexpr size_t kLinks = 150'000;
  for (size_t i = 1; i < kLinks; ++i) {
    maker.add(fmt::format("<</Length {} 0 R>>\nstream\nabc\nendstream", i + 1));
  }
  maker.add("3");
  const std::string file = maker.page(kHello, {.page = "/Annots[1 0 R]"});
  EXPECT_THAT(read(file).gaps, ElementsAre(Gap::over_limit));
}

TEST(PdfLimits, StopsObjectsThatTakeMemory) {
  for (const std::string unit : {"1 ", "[]", "<<>>", "/a "}) {
    const std::string file =
        PdfMaker().page(kHello, {.page = "/Extra[" + repeat(unit, 2 << 20) + "]"});
    EXPECT_THAT(read(file).gaps, ElementsAre(Gap::over_limit)) << unit;
  }
}

TEST(PdfLimits, LivesWithDeepNesting) {
  for (const std::string unit : {"[", "<</a", "("}) {
    read(page_pdf(repeat(unit, 100'000)));
    read(PdfMaker().page(kHello, {.page = "/Annots" + repeat(unit, 100'000)}));
  }
}

TEST(PdfLimits, FollowsNoLoops) {
  PdfMaker maker;
  const size_t form = maker.next();
  maker.add_stream("/X1 Do /X1 Do " + std::string(kHello),
                   fmt::format("/Subtype/Form/BBox[0 0 600 800]/Resources<</XObject<</X1 {0} 0 "
                               "R>>>>",
                               form));
  const size_t pages = maker.next();
  maker.add(fmt::format("<</Kids[{0} 0 R {0} 0 R {1} 0 R]>>", pages, pages + 1));
  maker.add(fmt::format(
      "<</Contents {} 0 R/Resources<</XObject<</X1 {} 0 R>>>>/Annots {} 0 R/Parent {} 0 R>>", form,
      form, pages + 2, pages));
  maker.add(fmt::format("[<</A<</Next {} 0 R>>>> {} 0 R]", pages + 2, pages + 2));
  const Document document = read(maker.file(maker.add(fmt::format(
      "<</Pages {0} 0 R/StructTreeRoot<</K {0} 0 R>>/Outlines {1} 0 R>>", pages, pages + 3))));
  EXPECT_EQ(document.pages, 1U);
  EXPECT_THAT(document.visible, testing::HasSubstr("Hello"));
  EXPECT_THAT(document.gaps, ElementsAre(Gap::damaged));
}

TEST(PdfLimits, StopsFormsThatMultiply) {
  PdfMaker maker;
  size_t form = maker.add_stream(kHello, "/Subtype/Form/BBox[0 0 600 800]");
  for (int i = 0; i < 6; ++i) {
    form = maker.add_stream(
        repeat("/X1 Do ", 100),
        fmt::format("/Subtype/Form/BBox[0 0 600 800]/Resources<</XObject<</X1 {} 0 R>>>>", form));
  }
  const Document document =
      read(maker.page("/X1 Do", {.resources = fmt::format("/XObject<</X1 {} 0 R>>", form)}));
  EXPECT_THAT(document.gaps, ElementsAre(Gap::over_limit));
}

TEST(PdfLimits, StopsLongTexts) {
  const std::string content =
      "BT /F1 9 Tf " + repeat("1 0 0 1 9 9 Tm (0123456789 0123456789) Tj ", 1000);
  const Document document = read(page_pdf(content), {.text = 10'000});
  EXPECT_THAT(document.gaps, ElementsAre(Gap::over_limit));
  EXPECT_LE(document.visible.size(), 10'000U);
  EXPECT_GT(document.visible.size(), 9'000U);
}

TEST(PdfLimits, HoldForAllFilesOfAReader) {
  const std::string file = page_pdf(kHello);
  Reader reader({.text = 20});
  EXPECT_THAT(reader.read(file).gaps, IsEmpty());
  EXPECT_THAT(reader.read(file).gaps, IsEmpty());
  EXPECT_THAT(reader.read(file).gaps, IsEmpty());
  EXPECT_THAT(reader.read(file).gaps, ElementsAre(Gap::over_limit));
  EXPECT_THAT(reader.read(file).gaps, ElementsAre(Gap::over_limit));
}

TEST(PdfLimits, SeveralThreadsReadAtOnce) {
  const std::string file = packed(PdfMaker().page(kHello, {.deflate = true}));
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&file] {
      for (int j = 0; j < 50; ++j) EXPECT_EQ(Reader().read(file).visible, "Hello\n");
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(PdfLimits, SurvivesEachCutAndEachFlip) {
  const std::string plain = page_pdf(kHello);
  constexpr size_t kAll = SIZE_MAX / 2;
  for (const std::string& file : {plain, packed(plain), encrypted(plain, "")}) {
    Reader reader({.read = kAll, .tokens = kAll, .decoded = kAll, .steps = kAll, .text = kAll});
    const size_t step = file.size() / 500 + 1;
    for (size_t i = 0; i < file.size(); i += step) {
      reader.read(file.substr(0, i));
      std::string flipped = file;
      flipped[i] = static_cast<char>(flipped[i] ^ 0x11);
      reader.read(flipped);
    }
  }
}

}  // namespace
}  // namespace gatehouse::firewall::pdf
