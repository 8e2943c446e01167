#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

namespace gatehouse::firewall {

/// Puts an item in its place among the best, which are in falling order of `score`, and drops the
/// last. Of items that are the `same` only the better one stays, of equal ones the earlier.
template <class T, size_t N, class Score, class Same>
void keep_best(std::array<T, N>& best, const T& item, Score score, Same same) {
  const auto at = std::find_if(best.begin(), best.end(),
                               [&](const T& kept) { return score(kept) < score(item); });
  const auto known =
      std::find_if(best.begin(), best.end(), [&](const T& kept) { return same(kept, item); });
  if (at == best.end() || known < at) return;
  const auto dropped = known == best.end() ? known - 1 : known;
  std::move_backward(at, dropped, dropped + 1);
  *at = item;
}

}  // namespace gatehouse::firewall
