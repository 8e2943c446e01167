#include "firewall/pdf/reader.h"

#include <algorithm>
#include <array>
#include <exception>
#include <optional>
#include <set>
#include <utility>

#include "firewall/pdf/beside.h"
#include "firewall/pdf/content.h"
#include "firewall/pdf/filters.h"
#include "firewall/pdf/objects.h"
#include "firewall/pdf/page_text.h"
#include "firewall/pdf/qpdf.h"
#include "firewall/pdf/source.h"

namespace gatehouse::firewall::pdf {
namespace {

constexpr std::array<std::string_view, kTrickCount> kEvidence = {
    "hidden:invisible",  "hidden:white",       "hidden:tiny",
    "hidden:outside",    "hidden:alternative", "hidden:annotation",
    "hidden:form-field", "hidden:metadata",    "hidden:action"};
constexpr std::array<std::string_view, kGapCount> kGaps = {
    "not a PDF", "encrypted",      "broken",       "over a limit",
    "damaged",   "unmapped fonts", "pictures only"};
constexpr size_t kMarkWithin = 1024;  // bytes, as readers look for it
constexpr Box kLetter{0, 0, 612, 792};

/// A node of the page tree with what it inherits.
struct Node {
  QPDFObjectHandle object;
  QPDFObjectHandle resources;
  Box sheet;
};

std::optional<Box> box_of(const QPDFObjectHandle& object, const char* key) {
  const std::vector<double> n = numbers(member(object, key), 4);
  if (n.size() != 4) return std::nullopt;
  return Box::around({n[0], n[1]}, {n[2], n[3]});
}

Node inherit(const QPDFObjectHandle& object, const Node& parent) {
  Node node{object, parent.resources, parent.sheet};
  QPDFObjectHandle own = member(node.object, "/Resources");
  if (own.isDictionary()) node.resources = own;
  if (const auto media = box_of(node.object, "/MediaBox")) node.sheet = *media;
  if (const auto crop = box_of(node.object, "/CropBox")) node.sheet = crop->within(node.sheet);
  return node;
}

/// One file, from its opening to its texts.
class File {
 public:
  File(Budget& budget, Document& out)
      : budget_(budget),
        out_(out),
        text_(budget),
        content_(budget, text_),
        beside_(budget, text_, content_) {}

  void read(std::string_view bytes) {
    pdf_.setSuppressWarnings(true);
    if (!attempt([&] { open(bytes); })) return give();
    QPDFObjectHandle catalog;
    opened_ = attempt([&] { catalog = pdf_.getRoot(); });
    attempt([&] { read_pages(member(catalog, "/Pages")); });
    attempt([&] {
      beside_.read_metadata(member(pdf_.getTrailer(), "/Info"), member(catalog, "/Metadata"));
    });
    attempt([&] { beside_.read_catalog(catalog); });
    give();
  }

 private:
  /// Runs a part; what it throws is noted and goes no further.
  template <typename Part>
  bool attempt(Part&& part) {
    try {
      part();
      return true;
    } catch (const QPDFExc& error) {
      const bool locked =
          error.getErrorCode() == qpdf_e_password || error.getErrorCode() == qpdf_e_unsupported;
      encrypted_ = encrypted_ || (locked && !opened_);
      failed_ = true;
    } catch (const std::exception&) {
      failed_ = true;
    }
    return false;
  }

  void open(std::string_view bytes) {
    pdf_.processInputSource(std::make_shared<BoundedSource>(bytes, budget_), "");
  }

  void read_pages(const QPDFObjectHandle& root) {
    std::set<QPDFObjGen> seen;
    std::vector<Node> open{inherit(root, {{}, QPDFObjectHandle::newNull(), kLetter})};
    while (!open.empty()) {
      Node node = std::move(open.back());
      open.pop_back();
      budget_.steps();
      const QPDFObjGen id = node.object.getObjGen();
      if (id.isIndirect() && !seen.insert(id).second) continue;
      if (!node.object.isDictionary()) continue;
      QPDFObjectHandle kids = member(node.object, "/Kids");
      if (!kids.isArray()) {
        ++out_.pages;
        attempt([&] { read_page(node); });
        continue;
      }
      const std::vector<QPDFObjectHandle> items = kids.getArrayAsVector();
      budget_.steps(items.size());
      for (auto kid = items.rbegin(); kid != items.rend(); ++kid) {
        open.push_back(inherit(*kid, node));
      }
    }
  }

  void read_page(const Node& page) {
    std::string bytes;
    QPDFObjectHandle contents = member(page.object, "/Contents");
    std::vector<QPDFObjectHandle> streams{contents};
    if (contents.isArray()) streams = contents.getArrayAsVector();
    for (QPDFObjectHandle& stream : streams) {
      if (stream.isNull()) continue;
      const Decoded part = decode(stream, budget_);
      if (!part.whole) content_.add_damage();
      bytes += part.bytes;
      bytes += '\n';
    }
    attempt([&] { content_.run_page(page.sheet, bytes, page.resources); });
    beside_.read_page(page.object);
    text_.end_page();
  }

  void give() {
    text_.give(out_);
    const auto add = [this](Gap gap, bool there) {
      if (there) out_.gaps.push_back(gap);
    };
    const bool spent = budget_.spent();
    const bool nothing = !opened_ || out_.pages == 0;
    add(Gap::over_limit, spent);
    add(Gap::encrypted, encrypted_ && !spent);
    add(Gap::broken, nothing && !encrypted_ && !spent);
    add(Gap::damaged, !nothing && (failed_ || content_.damaged()) && !spent);
    std::sort(out_.gaps.begin(), out_.gaps.end());
  }

  Budget& budget_;
  Document& out_;
  QPDF pdf_;
  PageText text_;
  Content content_;
  Beside beside_;
  bool opened_ = false;
  bool encrypted_ = false;
  bool failed_ = false;
};

}  // namespace

std::string_view evidence(Trick trick) {
  return kEvidence[static_cast<size_t>(trick)];
}

std::string_view to_string(Gap gap) {
  return kGaps[static_cast<size_t>(gap)];
}

bool is_pdf(std::string_view bytes) {
  return bytes.substr(0, kMarkWithin).find("%PDF-") != std::string_view::npos;
}

Reader::Reader(const Limits& limits) : budget_(std::make_unique<Budget>(limits)) {
  install_filters();
}

Reader::~Reader() = default;

Document Reader::read(std::string_view bytes) {
  Document out;
  if (!is_pdf(bytes)) {
    out.gaps.push_back(Gap::not_pdf);
  } else if (bytes.size() > budget_->limits().bytes || budget_->spent()) {
    out.gaps.push_back(Gap::over_limit);
  } else {
    try {
      const Spending spending(*budget_);
      File(*budget_, out).read(bytes);
    } catch (...) {
      out.gaps = {Gap::broken};
    }
  }
  return out;
}

}  // namespace gatehouse::firewall::pdf
