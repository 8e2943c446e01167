#include "api/attached_files.h"

#include <algorithm>
#include <string_view>

#include "api/base64.h"
#include "api/collect.h"
#include "core/json.h"
#include "core/letters.h"

namespace gatehouse::api {
namespace {

constexpr size_t kFewestBytes = 64;   // of base64: no file is shorter
constexpr size_t kLookedAt = 512;     // bytes of a picture's JSON, at both ends
constexpr size_t kMarkWithin = 1400;  // characters of base64: the first kilobyte and some more
constexpr std::string_view kMark = "%PDF-";
constexpr std::string_view kScheme = "data:";

/// The bytes of at most `most` characters of base64, as the most lenient decoders read it: in the
/// alphabet of URLs, too, and whatever is in neither is left out.
std::string decoded(std::string_view text, size_t most) {
  const bool of_urls = text.find_first_of("+/") == text.npos;
  std::string plain;
  plain.reserve(std::min(text.size(), most));
  for (const char c : text) {
    if (c == '=' || plain.size() == most) break;
    if (is_ascii_alnum(c) || c == '+' || c == '/') {
      plain.push_back(c);
    } else if (of_urls && (c == '-' || c == '_')) {
      plain.push_back(c == '-' ? '+' : '/');
    }
  }
  if (plain.size() % 4 == 1) plain.pop_back();
  std::string bytes;
  decode_base64(plain, bytes);
  return bytes;
}

bool is_data_url(std::string_view text) {
  return same_letters(text.substr(0, kScheme.size()), kScheme);
}

/// What stands in base64 in a string, be it a data URL or nothing else.
std::string_view base64_of(std::string_view text) {
  if (!is_data_url(text)) return text;
  const size_t comma = text.find(',');
  return comma == text.npos ? std::string_view() : text.substr(comma + 1);
}

bool begins_pdf(std::string_view base64) {
  return base64.size() >= kFewestBytes && decoded(base64, kMarkWithin).find(kMark) != base64.npos;
}

class Finder {
 public:
  explicit Finder(AttachedFiles& out) : out_(out) {}

  void element(const json::Element& value) {
    std::string_view text;
    json::Array items;
    json::Object object;
    if (value.get(text) == simdjson::SUCCESS) {
      take(text);
    } else if (value.get(items) == simdjson::SUCCESS) {
      for (const json::Element item : items) element(item);
    } else if (value.get(object) == simdjson::SUCCESS) {
      for (const auto& field : object) element(field.value);
    }
  }

 private:
  void take(std::string_view text) {
    const std::string_view base64 = base64_of(text);
    if (begins_pdf(base64)) out_.pdfs.push_back(decoded(base64, base64.size()));
  }

  AttachedFiles& out_;
};

json::Element member(const json::Element& object, std::string_view name, bool& there) {
  json::Element value;
  there = object.is_object() && object.at_key(name).get(value) == simdjson::SUCCESS;
  return value;
}

std::string_view text_in(const json::Element& object, std::string_view name) {
  std::string_view text;
  bool there = false;
  const json::Element value = member(object, name, there);
  return there && value.get(text) == simdjson::SUCCESS ? text : std::string_view();
}

/// Of a document without a PDF: whether it is a text, given by reference or of another kind.
void tell_apart(const json::Element& part, AttachedFiles& out) {
  for (const std::string_view holder : {"source", "file"}) {
    bool there = false;
    const json::Element file = member(part, holder, there);
    if (!there) continue;
    const std::string_view url = text_in(file, "file_data");
    const bool data_url = is_data_url(url);
    const std::string_view type =
        data_url ? url.substr(0, url.find_first_of(";,")).substr(kScheme.size())
                 : text_in(file, "media_type");
    if ((data_url || !type.empty()) && is_text_type(type)) return;
    out.foreign = true;
    out.by_reference = url.empty() && text_in(file, "data").empty();
  }
}

}  // namespace

bool may_attach_files(const Part& part) {
  if (part.raw.empty()) return false;
  if (part.kind == Part::Kind::file) return true;
  if (part.raw.size() < kFewestBytes) return false;
  if (part.kind == Part::Kind::other) return true;
  const std::string_view raw(part.raw);
  const std::string_view begin = raw.substr(0, kLookedAt);
  const std::string_view end = raw.substr(raw.size() - std::min(raw.size(), kLookedAt));
  return begin.find("pdf") != begin.npos || end.find("pdf") != end.npos ||
         begin.find("JVBERi") != begin.npos;
}

AttachedFiles attached_files(const Part& part) {
  AttachedFiles out;
  const auto parsed = json::thread_parser().parse_copy(part.raw);
  if (!parsed) return out;
  Finder(out).element(*parsed);
  const bool document = part.kind == Part::Kind::file && part.text.empty();
  if (document && out.pdfs.empty()) tell_apart(*parsed, out);
  return out;
}

}  // namespace gatehouse::api
