#pragma once

#include <cstddef>

#include "firewall/text/normaliser.h"

namespace gatehouse::firewall {

/// Appends a child for each text that a reader of the page would not see: HTML comments, elements
/// styled invisible or of no size, alternative texts and titles, and Markdown's comment forms.
/// Linear; stops at `max_children`.
void find_hidden_markup(Normalised& out, size_t max_children);

}  // namespace gatehouse::firewall
