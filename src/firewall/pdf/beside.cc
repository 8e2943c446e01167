#include "firewall/pdf/beside.h"

#include <algorithm>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "firewall/pdf/objects.h"

namespace gatehouse::firewall::pdf {
namespace {

/// Calls `visit` with each dictionary that can be reached from `root` over these keys and arrays,
/// each object once, in order.
template <typename Visit>
void walk(const QPDFObjectHandle& root, std::initializer_list<const char*> keys, Budget& budget,
          Visit&& visit) {
  std::set<QPDFObjGen> seen;
  std::vector<QPDFObjectHandle> open{root};
  while (!open.empty()) {
    QPDFObjectHandle object = open.back();
    open.pop_back();
    budget.steps();
    const QPDFObjGen id = object.getObjGen();
    if (id.isIndirect() && !seen.insert(id).second) continue;
    if (object.isArray()) {
      std::vector<QPDFObjectHandle> items = object.getArrayAsVector();
      budget.steps(items.size());
      open.insert(open.end(), items.rbegin(), items.rend());
    } else if (object.isDictionary()) {
      visit(object);
      for (auto key = std::rbegin(keys); key != std::rend(keys); ++key) {
        open.push_back(object.getKey(*key));
      }
    }
  }
}

/// What XML says: its text, and values of attributes that are more than one word.
std::string text_of_xml(std::string_view xml) {
  std::string out;
  const auto add = [&out](std::string_view text) {
    constexpr std::string_view kBlanks = " \t\r\n";
    const size_t begin = text.find_first_not_of(kBlanks);
    if (begin == text.npos) return;
    if (!out.empty()) out.push_back('\n');
    out += text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
  };
  while (!xml.empty()) {
    const size_t open = std::min(xml.find('<'), xml.size());
    add(xml.substr(0, open));
    xml.remove_prefix(open);
    const size_t close = std::min(xml.find('>'), xml.size());
    std::string_view tag = xml.substr(0, close);
    xml.remove_prefix(std::min(close + 1, xml.size()));
    for (size_t quote = tag.find('"'); quote != tag.npos; quote = tag.find('"')) {
      tag.remove_prefix(quote + 1);
      const std::string_view value = tag.substr(0, tag.find('"'));
      if (value.find(' ') != value.npos) add(value);
      tag.remove_prefix(std::min(value.size() + 1, tag.size()));
    }
  }
  return out;
}

}  // namespace

void Beside::add(Trick trick, const QPDFObjectHandle& object, const char* key) {
  QPDFObjectHandle value = member(object, key);
  if (value.isStream()) {
    page_.add_hidden(trick,
                     QPDFObjectHandle::newString(decode(value, budget_).bytes).getUTF8Value());
  } else {
    page_.add_hidden(trick, text(value));
  }
}

void Beside::read_page(const QPDFObjectHandle& page) {
  read_actions_of(page);
  walk(member(page, "/Annots"), {}, budget_,
       [this](const QPDFObjectHandle& annotation) { read_annotation(annotation); });
}

void Beside::read_annotation(const QPDFObjectHandle& annotation) {
  for (const char* key : {"/Contents", "/RC", "/Subj", "/T", "/TU"}) {
    add(Trick::annotation, annotation, key);
  }
  read_actions_of(annotation);
  run_appearance(annotation);
}

void Beside::run_appearance(const QPDFObjectHandle& annotation) {
  QPDFObjectHandle form = member(member(annotation, "/AP"), "/N");
  if (form.isDictionary()) {  // one for each state
    QPDFObjectHandle state = member(annotation, "/AS");
    form = state.isName() ? form.getKey(state.getName()) : QPDFObjectHandle::newNull();
  }
  if (!form.isStream()) return;
  const std::vector<double> place = numbers(member(annotation, "/Rect"), 4);
  const std::vector<double> box = numbers(member(form, "/BBox"), 4);
  if (place.size() != 4 || box.size() != 4) return;
  const double x = std::min(place[0], place[2]) - std::min(box[0], box[2]);
  const double y = std::min(place[1], place[3]) - std::min(box[1], box[3]);
  content_.run_form(form, {1, 0, 0, 1, x, y});
}

void Beside::read_actions_of(const QPDFObjectHandle& object) {
  read_action(member(object, "/A"));
  QPDFObjectHandle triggers = member(object, "/AA");
  if (!triggers.isDictionary()) return;
  for (const std::string& key : triggers.getKeys()) read_action(triggers.getKey(key));
}

void Beside::read_action(const QPDFObjectHandle& action) {
  walk(action, {"/Next"}, budget_, [this](const QPDFObjectHandle& one) {
    add(Trick::action, one, "/JS");
    add(Trick::action, one, "/URI");
  });
}

void Beside::read_catalog(const QPDFObjectHandle& catalog) {
  read_action(member(catalog, "/OpenAction"));
  read_actions_of(catalog);
  walk(member(member(catalog, "/Names"), "/JavaScript"), {"/Kids", "/Names"}, budget_,
       [this](const QPDFObjectHandle& node) { read_action(node); });
  walk(member(member(catalog, "/AcroForm"), "/Fields"), {"/Kids"}, budget_,
       [this](const QPDFObjectHandle& field) {
         for (const char* key : {"/TU", "/V", "/DV", "/RV"}) add(Trick::field, field, key);
         read_actions_of(field);
       });
  walk(member(catalog, "/Outlines"), {"/First", "/Next"}, budget_,
       [this](const QPDFObjectHandle& bookmark) {
         add(Trick::metadata, bookmark, "/Title");
         read_actions_of(bookmark);
       });
  walk(member(member(catalog, "/StructTreeRoot"), "/K"), {"/K"}, budget_,
       [this](const QPDFObjectHandle& element) {
         for (const char* key : {"/Alt", "/ActualText", "/E", "/T"}) {
           add(Trick::alternative, element, key);
         }
       });
}

void Beside::read_metadata(QPDFObjectHandle information, QPDFObjectHandle stream) {
  if (information.isDictionary()) {
    for (const std::string& key : information.getKeys()) {
      if (!key.ends_with("Date")) add(Trick::metadata, information, key.c_str());
    }
  }
  if (stream.isStream()) {
    page_.add_hidden(Trick::metadata, text_of_xml(decode(stream, budget_).bytes));
  }
}

}  // namespace gatehouse::firewall::pdf
