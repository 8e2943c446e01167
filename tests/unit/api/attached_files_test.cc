#include "api/attached_files.h"

#include <gtest/gtest.h>

#include "api/base64.h"
#include "api/requests.h"

namespace gatehouse::api {
namespace {

const std::string kPdf = "%PDF-1.7\n" + std::string(100, 'x');

std::string base64(const std::string& bytes) {
  std::string out;
  append_base64(out, bytes);
  return out;
}

Part part(Part::Kind kind, std::string raw) {
  Part out;
  out.kind = kind;
  out.raw = std::move(raw);
  return out;
}

/// A part that OpenAI's dialect gives a file in.
Part file(const std::string& file_data) {
  return part(Part::Kind::file, R"({"type":"file","file":{"file_data":")" + file_data + "\"}}");
}

TEST(AttachedFiles, FindsPdfsByWhatTheyAre) {
  const std::string wrapped = base64(kPdf).insert(76, "\\n");
  for (const std::string& data :
       {"data:application/pdf;base64," + base64(kPdf), base64(kPdf), "DATA:;base64," + base64(kPdf),
        "data:text/plain;base64," + base64(kPdf), "data:application/pdf;base64," + wrapped}) {
    const Part given = file(data);
    ASSERT_TRUE(may_attach_files(given));
    const AttachedFiles found = attached_files(given);
    ASSERT_EQ(found.pdfs.size(), 1U) << data.substr(0, 40);
    EXPECT_EQ(found.pdfs[0], kPdf);
    EXPECT_FALSE(found.foreign);
  }
}

TEST(AttachedFiles, ToleratesWhatReadersTolerate) {
  const std::string late = std::string(900, '\n') + kPdf;
  EXPECT_EQ(attached_files(file(base64(late))).pdfs.at(0), late);
  // Python's decoder leaves out what is no base64.
  EXPECT_EQ(attached_files(file("!" + base64(kPdf).insert(40, "?-!"))).pdfs.at(0).substr(0, 9),
            kPdf.substr(0, 9));
  EXPECT_EQ(attached_files(file(base64(kPdf).insert(40, "?!"))).pdfs.at(0), kPdf);
  std::string of_urls = base64(kPdf + "\xFF\xFE\xFD\xFF\xFE\xFD");
  for (char& c : of_urls) c = c == '+' ? '-' : c == '/' ? '_' : c;
  EXPECT_EQ(attached_files(file(of_urls)).pdfs.size(), 1U);
}

TEST(AttachedFiles, FindsThemInBlocksOfTools) {
  const Part page =
      part(Part::Kind::other,
           R"({"type":"web_fetch_tool_result","content":{"content":{"type":"document","source":)"
           R"({"type":"base64","media_type":"application/pdf","data":")" +
               base64(kPdf) + "\"}}}}");
  ASSERT_TRUE(may_attach_files(page));
  EXPECT_EQ(attached_files(page).pdfs.size(), 1U);
}

TEST(AttachedFiles, LooksIntoNoPictures) {
  const auto picture = [](const std::string& url) {
    return part(Part::Kind::image, R"({"type":"image_url","image_url":{"url":")" + url + "\"}}");
  };
  EXPECT_FALSE(may_attach_files(picture("data:image/png;base64," + std::string(5000, 'A'))));
  const Part disguised = picture("data:application/pdf;base64," + base64(kPdf));
  ASSERT_TRUE(may_attach_files(disguised));
  EXPECT_EQ(attached_files(disguised).pdfs.size(), 1U);
  EXPECT_TRUE(may_attach_files(picture("data:image/png;base64," + base64(kPdf))));
  EXPECT_FALSE(attached_files(picture("https://x/pdf")).foreign);
}

TEST(AttachedFiles, TellsOtherDocumentsApart) {
  const AttachedFiles word = attached_files(file("data:application/msword;base64,UEsDBA=="));
  EXPECT_TRUE(word.foreign);
  EXPECT_FALSE(word.by_reference);
  EXPECT_FALSE(attached_files(file("data:text/csv;base64,YSxi")).foreign);
  for (const char* raw : {R"({"type":"file","file":{"file_id":"file-1"}})",
                          R"({"type":"document","source":{"type":"url","url":"https://x/a.pdf"}})",
                          R"({"type":"document","source":{"type":"file","file_id":"file-1"}})"}) {
    const AttachedFiles found = attached_files(part(Part::Kind::file, raw));
    EXPECT_TRUE(found.foreign) << raw;
    EXPECT_TRUE(found.by_reference) << raw;
  }
  Part text = part(Part::Kind::file,
                   R"({"type":"document","source":{"type":"text","media_type":"text/plain",)"
                   R"("data":"a"}})");
  text.text = "a";
  EXPECT_FALSE(attached_files(text).foreign);
  EXPECT_FALSE(may_attach_files(part(Part::Kind::text, "")));
}

}  // namespace
}  // namespace gatehouse::api
