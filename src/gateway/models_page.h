#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "api/responses.h"
#include "core/result.h"

namespace gatehouse::gateway {

/// The part of `models` that a query of Anthropic's asks for: `limit` of them (1 to 1000, 20 if it
/// says nothing), behind `after_id` or before `before_id`. Other parameters mean nothing, as there.
Result<api::ModelsPage> models_page(std::vector<api::ModelEntry> models, std::string_view query);

}  // namespace gatehouse::gateway
