#pragma once

#include "core/json.h"
#include "core/result.h"

namespace gatehouse::firewall {

/// A schema with what can be checked of it within bounds.
struct SchemaCopy {
  json::build::value schema;
  bool partly = false;  // something that it demands was left out
};

/// Takes over the keywords that a validator of draft 7 knows, those of draft 2020-12 rewritten
/// where they say the same, and leaves out annotations. Refuses references to anything outside of
/// the document, too many keywords, and schemas that apply to one value through more than a few
/// others, or for ever.
Result<SchemaCopy> copy_schema(const json::Element& schema);

}  // namespace gatehouse::firewall
