#include "core/huge_pages.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include <gtest/gtest.h>

namespace gatehouse {
namespace {

TEST(HugePages, AreZeroAndWritableToTheLastByte) {
  for (const size_t bytes : {size_t{1}, size_t{4097}, size_t{2} << 20, (size_t{2} << 20) + 1}) {
    HugePages pages(bytes);
    EXPECT_TRUE(std::all_of(pages.data(), pages.data() + bytes, [](char c) { return c == 0; }));
    std::fill_n(pages.data(), bytes, 'x');
    EXPECT_EQ(pages.data()[bytes - 1], 'x');
  }
}

TEST(HugePages, BeginWhereAHugePageCan) {
  const HugePages pages(1);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(pages.data()) % (size_t{2} << 20), 0U);
}

TEST(HugePages, AreHandedOver) {
  HugeTable<int32_t> table(1000);
  table.data()[999] = 7;
  const HugeTable<int32_t> taken = std::move(table);
  EXPECT_EQ(taken.data()[999], 7);
  EXPECT_EQ(table.data(), nullptr);  // NOLINT(bugprone-use-after-move): that is what is asked
}

}  // namespace
}  // namespace gatehouse
