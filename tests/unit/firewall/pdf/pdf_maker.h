#pragma once

#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "firewall/pdf/qpdf.h"
// After what makes them fit to be compiled.
#include <qpdf/Buffer.hh>
#include <qpdf/Pl_String.hh>
#include <qpdf/QPDFWriter.hh>

namespace gatehouse::firewall::pdf {

inline std::string deflated(const std::string& bytes) {
  std::string out;
  Pl_String sink("out", nullptr, out);
  Pl_Flate flate("flate", &sink, Pl_Flate::a_deflate);
  flate.write(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  flate.finish();
  return out;
}

/// Writes PDF files object by object, as bytes that a test can see.
class PdfMaker {
 public:
  /// Of the next object; to refer to what comes later.
  size_t next() const { return objects_.size() + 1; }
  size_t add(std::string object) {
    objects_.push_back(std::move(object));
    return objects_.size();
  }
  /// `entries`: of its dictionary, beside its length.
  size_t add_stream(const std::string& bytes, const std::string& entries = "") {
    return add(
        fmt::format("<<{}/Length {}>>\nstream\n{}\nendstream", entries, bytes.size(), bytes));
  }
  size_t add_deflated(const std::string& bytes, const std::string& entries = "") {
    return add_stream(deflated(bytes), "/Filter/FlateDecode" + entries);
  }

  std::string file(size_t catalog, const std::string& trailer = "") const {
    std::string out = "%PDF-1.7\n";
    std::string table = "0000000000 65535 f \n";
    for (size_t i = 0; i < objects_.size(); ++i) {
      table += fmt::format("{:010} 00000 n \n", out.size());
      out += fmt::format("{} 0 obj\n{}\nendobj\n", i + 1, objects_[i]);
    }
    const size_t at = out.size();
    out += fmt::format("xref\n0 {}\n{}trailer\n<</Size {}/Root {} 0 R{}>>\nstartxref\n{}\n%%EOF\n",
                       objects_.size() + 1, table, objects_.size() + 1, catalog, trailer, at);
    return out;
  }

  /// A file of one page that shows what is given; the page and the catalog may say more.
  struct Extras {
    std::string page = {};
    std::string catalog = {};
    std::string trailer = {};
    std::string fonts = {};
    std::string resources = {};
    bool deflate = false;
  };
  std::string page(const std::string& content, const Extras& extras) {
    const size_t stream = extras.deflate ? add_deflated(content) : add_stream(content);
    const size_t font = add("<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>");
    const size_t pages = next() + 1;
    const size_t sheet = add(fmt::format(
        "<</Type/Page/Parent {} 0 R/Contents {} 0 R/Resources<</Font<</F1 {} 0 R{}>>{}>>{}>>",
        pages, stream, font, extras.fonts, extras.resources, extras.page));
    add(fmt::format("<</Type/Pages/Kids[{} 0 R]/Count 1/MediaBox[0 0 600 800]>>", sheet));
    return file(add(fmt::format("<</Type/Catalog/Pages {} 0 R{}>>", pages, extras.catalog)),
                extras.trailer);
  }

 private:
  std::vector<std::string> objects_;
};

inline std::string page_pdf(const std::string& content) {
  return PdfMaker().page(content, {});
}

/// The same file as qpdf writes it; `set` gives the writer its orders.
template <typename Set>
std::string rewritten(const std::string& file, Set&& set) {
  QPDF pdf;
  pdf.processMemoryFile("test", file.data(), file.size());
  QPDFWriter writer(pdf);
  writer.setOutputMemory();
  set(writer);
  writer.write();
  const std::shared_ptr<Buffer> buffer = writer.getBufferSharedPointer();
  return {reinterpret_cast<const char*>(buffer->getBuffer()), buffer->getSize()};
}

inline std::string encrypted(const std::string& file, const char* user_password) {
  return rewritten(file, [user_password](QPDFWriter& writer) {
    writer.setR6EncryptionParameters(user_password, "owner", true, true, true, true, true, true,
                                     qpdf_r3p_full, true);
  });
}

/// With object streams, as most programs write files today.
inline std::string packed(const std::string& file) {
  return rewritten(file, [](QPDFWriter& writer) { writer.setObjectStreamMode(qpdf_o_generate); });
}

}  // namespace gatehouse::firewall::pdf
