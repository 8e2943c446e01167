#include "firewall/tagger/tagger.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include <gtest/gtest.h>

#include "firewall/tagger/gazetteer.h"

namespace gatehouse::firewall::tagger {
namespace {

constexpr const char* kModel = GATEHOUSE_SOURCE_DIR "/models/firewall/names.bin";

const Tagger& tagger() {
  static const auto loaded = Tagger::load(kModel);
  if (!loaded) ADD_FAILURE() << loaded.error().reason;
  return **loaded;
}

/// What is found, as the original text has it: "name:Anna", "address:12 Park Road".
std::vector<std::string> found(std::string_view text, Wanted wanted = {true, true}) {
  Normalised view;
  clean_text(text, view);
  Findings findings;
  tagger().scan(view, wanted, findings);
  std::vector<std::string> all;
  for (const Finding& finding : findings) {
    EXPECT_EQ(finding.category, Category::pii);
    EXPECT_GT(finding.score, 0);
    EXPECT_LE(finding.score, 1);
    if (finding.score < 0.6F) continue;
    all.push_back(std::string(finding.rule.substr(4)) + ":" +
                  std::string(text.substr(finding.begin, finding.end - finding.begin)));
  }
  return all;
}

using List = std::vector<std::string>;

TEST(Tagger, FindsNamesInManyForms) {
  EXPECT_EQ(found("My name is Penelope Hargreaves and I need help."),
            List({"name:Penelope Hargreaves"}));
  EXPECT_EQ(found("Please ask Dr. Smith about it."), List({"name:Smith"}));
  EXPECT_EQ(found("my name is john smith and i live in paris"), List({"name:john smith"}));
  EXPECT_EQ(found("Kind regards,\nThomas Becker\nHead of Sales"), List({"name:Thomas Becker"}));
  EXPECT_EQ(found("I met Maria and Tom at the station."), List({"name:Maria", "name:Tom"}));
  EXPECT_EQ(found(R"({"name": "Laura Fischer", "age": 34})"), List({"name:Laura Fischer"}));
}

TEST(Tagger, FindsAddressesOfManyCountries) {
  for (const std::string address :
       {"742 Oak Street, Springfield, OR 97403", "Lindenstr. 14, 50674 Hamburg",
        "17 rue de la Paix, 75002 Paris", "Calle de Goya 45, 28001 Madrid",
        "Via Garibaldi 22, 16124 Genova", "29 Victoria Road, Bristol BS1 5TY"}) {
    const List all = found("Please send the parcel to " + address + ".");
    ASSERT_EQ(all.size(), 1U) << address;
    EXPECT_EQ(all[0], "address:" + address);
  }
}

TEST(Tagger, LeavesAloneWhatOnlyLooksLikeNames) {
  for (const char* text :
       {"How do I install Visual Studio Code on Windows 11?",
        "On Monday, March 4, the Board approved the Annual Report.",
        "Compare Claude, Gemini and Llama on Python tasks.", "Chapter 4: Advanced Topics",
        "public class OrderService extends BaseService {}",
        "SELECT Name, Address FROM Customers WHERE Country = 'Mexico';",
        "Explain the difference between Machine Learning and Deep Learning.",
        "there are 365 days in a year", "My name is not important.", "Dear Sir or Madam,"}) {
    EXPECT_EQ(found(text), List()) << text;
  }
}

TEST(Tagger, OffsetsAreOfTheOriginalText) {
  EXPECT_EQ(found("Grüße — ich heiße Jörg Weiß, früher Jörg Müßig."),
            List({"name:Jörg Weiß", "name:Jörg Müßig"}));
  // Letters that look like Latin ones, and characters that cannot be seen.
  EXPECT_EQ(found("My name is \xE2\x80\x8BTho\xE2\x80\x8Bmas Becker."),
            List({"name:Tho\xE2\x80\x8Bmas Becker"}));
}

TEST(Tagger, TellsOnlyWhatIsWanted) {
  const std::string_view text = "My name is Anna Schmidt and I live at 12 Park Road, Leeds.";
  EXPECT_EQ(found(text), List({"name:Anna Schmidt", "address:12 Park Road, Leeds"}));
  EXPECT_EQ(found(text, {true, false}), List({"name:Anna Schmidt"}));
  EXPECT_EQ(found(text, {false, true}), List({"address:12 Park Road, Leeds"}));
  EXPECT_EQ(found(text, {}), List());
}

// Any text, cut anywhere: what lies before the hold is found as in the whole text.
TEST(Tagger, WhatIsSettledInAGrowingTextStays) {
  const std::string text =
      "Hello, I am Anna-Lena O'Brien. Dr. van der Berg's office is at 12 Park Road, Leeds\nLS1 "
      "4AB, "
      "UK. Ask Maria, Tom and J. K. Smith\nor write to Peter.\n\nMy name is john smith, 2 apples.";
  Findings whole;
  tagger().scan(text, {true, true}, whole);
  ASSERT_GE(whole.size(), 7U);
  for (size_t size = 0; size <= text.size(); ++size) {
    Findings growing;
    const size_t hold =
        tagger().scan_growing(std::string_view(text).substr(0, size), {true, true}, growing);
    ASSERT_LE(hold, size);
    for (const Finding& finding : growing) {
      if (finding.end > hold) continue;
      EXPECT_NE(std::find(whole.begin(), whole.end(), finding), whole.end()) << "at " << size;
    }
    for (const Finding& finding : whole) {
      if (finding.begin >= hold) continue;
      EXPECT_NE(std::find(growing.begin(), growing.end(), finding), growing.end()) << "at " << size;
    }
  }
}

TEST(Tagger, HostileTextIsBoundedAndSurvived) {
  std::mt19937 random(1);
  std::vector<std::string> texts = {"",
                                    "\n",
                                    "A",
                                    std::string(100'000, 'A'),
                                    std::string(50'000, '\n'),
                                    std::string(1000, '\xFF'),
                                    "\\",
                                    "\\n",
                                    "'",
                                    "A'",
                                    "A's",
                                    "Mc",
                                    "Mac"};
  std::string runs;
  for (int i = 0; i < 20'000; ++i) runs += "Anna 12, ";
  texts.push_back(runs);
  for (int i = 0; i < 300; ++i) {
    std::string bytes;
    for (size_t size = random() % 300; bytes.size() < size;)
      bytes.push_back(random() % 3 == 0 ? static_cast<char>(random())
                                        : "AbZ 1,.\n-'\\n"[random() % 12]);
    texts.push_back(bytes);
  }
  for (const std::string& text : texts) {
    Findings findings;
    tagger().scan(text, {true, true}, findings);
    size_t end = 0;
    for (const Finding& finding : findings) {
      ASSERT_LE(end, finding.begin);
      ASSERT_LT(finding.begin, finding.end);
      ASSERT_LE(finding.end, text.size());
      end = finding.end;
    }
    ASSERT_LE(tagger().scan_growing(text, {true, true}, findings), text.size());
  }
}

TEST(Gazetteer, KnowsWordsByTheirClasses) {
  const auto classes = [](std::string_view word) {
    uint32_t hash = kWordSeed;
    for (const char c : word) hash = roll(hash, c);
    return Gazetteer::standard().classes(hash);
  };
  EXPECT_TRUE(classes("anna") & kFirstName);
  EXPECT_TRUE(classes("smith") & kLastName);
  EXPECT_TRUE(classes("street") & kStreet);
  EXPECT_TRUE(classes("ignore") & kEnglish);
  EXPECT_EQ(classes("qzxqzx"), 0);
  EXPECT_TRUE(Gazetteer::standard().classes_of_ending("Goethestrasse") & kStreet);
}

class TaggerFile : public testing::Test {
 protected:
  void SetUp() override {
    std::ifstream in(kModel, std::ios::binary);
    bytes_.assign(std::istreambuf_iterator<char>(in), {});
    ASSERT_FALSE(bytes_.empty());
  }
  std::string error_of(const std::string& bytes) {
    const auto file = std::filesystem::path(testing::TempDir()) / "names.bin";
    std::ofstream(file, std::ios::binary) << bytes;
    const auto loaded = Tagger::load(file);
    return loaded ? "" : loaded.error().reason;
  }
  std::string bytes_;
};

TEST_F(TaggerFile, IsSmallAndHasAVersion) {
  EXPECT_LE(bytes_.size(), 256U << 10U);
  EXPECT_EQ(tagger().version().substr(0, 2), "1 ");
}

TEST_F(TaggerFile, DamagedFilesAreRefusedByName) {
  EXPECT_EQ(error_of(bytes_), "");
  const auto with = [&](size_t at) {
    std::string changed = bytes_;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    return error_of(changed);
  };
  EXPECT_NE(with(0).find("no model"), std::string::npos);
  EXPECT_NE(with(8).find("format"), std::string::npos);
  EXPECT_NE(with(12).find("features of version"), std::string::npos);
  EXPECT_NE(with(24).find("another gazetteer"), std::string::npos);
  EXPECT_NE(with(bytes_.size() / 2).find("checksum"), std::string::npos);
  EXPECT_NE(error_of(bytes_ + "x").find("bytes"), std::string::npos);
  EXPECT_NE(error_of("").find("bytes"), std::string::npos);
}

}  // namespace
}  // namespace gatehouse::firewall::tagger
