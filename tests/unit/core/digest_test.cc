#include "core/digest.h"

#include <gtest/gtest.h>

namespace gatehouse {
namespace {

std::string hex(const Digest& digest) {
  std::string out(64, '0');
  write_hex(digest, out.data());
  return out;
}

TEST(Digest, Sha256AsInTheStandard) {
  EXPECT_EQ(hex(Sha256::of("")),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(Sha256::of("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  Sha256 hash;
  for (int i = 0; i < 3; ++i) {  // reusable
    hash.begin();
    hash.add("a");
    hash.add("bc");
    EXPECT_EQ(hash.finish(), Sha256::of("abc"));
  }
}

TEST(Digest, HmacAsInRfc4231) {
  HmacSha256 two("Jefe");
  two.begin();
  two.add("what do ya want for nothing?");
  EXPECT_EQ(hex(two.finish()), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  HmacSha256 six(std::string(131, '\xaa'));  // a key longer than a block
  for (int i = 0; i < 2; ++i) {
    six.begin();
    six.add("Test Using Larger Than Block-Size Key - Hash Key First");
    EXPECT_EQ(hex(six.finish()),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  }
}

TEST(Digest, HexIsReadStrictly) {
  Digest digest;
  const std::string good = hex(Sha256::of("abc"));
  EXPECT_TRUE(read_hex(good, digest));
  EXPECT_EQ(digest, Sha256::of("abc"));
  EXPECT_FALSE(read_hex(good.substr(1), digest));
  EXPECT_FALSE(read_hex(good + "0", digest));
  EXPECT_FALSE(read_hex("B" + good.substr(1), digest));
  EXPECT_FALSE(read_hex("g" + good.substr(1), digest));
  EXPECT_EQ(to_hex({"\x00\xff", 2}), "00ff");
}

}  // namespace
}  // namespace gatehouse
