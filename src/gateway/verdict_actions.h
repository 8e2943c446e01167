#pragma once

#include <span>

#include "core/result.h"
#include "core/task.h"
#include "firewall/firewall.h"
#include "gateway/request_scope.h"

namespace gatehouse::gateway {

/// What a verdict on a request calls for beside changes of its texts: `ask` refuses it
/// (`confirmation_required`) until it comes again with the token that the refusal gave, in the
/// header `x-gatehouse-confirm`; `delay` lets it wait. A client that leaves ends the waiting.
///
/// The token says that this key may send these very texts, the ones asked about, until a time. It
/// is an HMAC under the installation's key: nothing is kept.
Task<Result<void>> carry_out(RequestScope& scope, const firewall::InputVerdict& verdict,
                             std::span<const firewall::Segment> segments);

}  // namespace gatehouse::gateway
