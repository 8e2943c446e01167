#pragma once

#include "firewall/pdf/content.h"
#include "firewall/pdf/qpdf.h"

namespace gatehouse::firewall::pdf {

/// What a file says beside its pages' content. May throw, as objects.h says.
class Beside {
 public:
  Beside(Budget& budget, PageText& page, Content& content)
      : budget_(budget), page_(page), content_(content) {}

  /// A page's annotations and its actions. Where they look like something, that is run on the page.
  void read_page(const QPDFObjectHandle& page);
  /// Forms, actions, bookmarks, alternative texts.
  void read_catalog(const QPDFObjectHandle& catalog);
  /// The document's information and a metadata stream.
  void read_metadata(QPDFObjectHandle information, QPDFObjectHandle stream);

 private:
  void read_annotation(const QPDFObjectHandle& annotation);
  void run_appearance(const QPDFObjectHandle& annotation);
  void read_actions_of(const QPDFObjectHandle& object);
  void read_action(const QPDFObjectHandle& action);
  void add(Trick trick, const QPDFObjectHandle& object, const char* key);

  Budget& budget_;
  PageText& page_;
  Content& content_;
};

}  // namespace gatehouse::firewall::pdf
