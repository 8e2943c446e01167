#include "admission/identity.h"

#include <algorithm>
#include <fstream>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "admission/admission.h"
#include "unit/admission/temp_dir.h"

namespace gatehouse::admission {
namespace {

class IdentityTest : public ::testing::Test {
 protected:
  void SetUp() override {
    specs_.tenants.resize(2);
    specs_.tenants[0].id = "acme";
    specs_.tenants[0].models = {"gpt-4*", "small"};
    specs_.tenants[1].id = "other";
    reopen();
    KeyHasher hasher(service_->pepper());
    key_ = make_key(hasher, Random::system());
    KeyRecord record;
    record.spec.id = key_.id;
    record.spec.tenant = "acme";
    record.hash = key_.hash;
    specs_.keys.push_back(record);
    update();
  }
  void reopen() {
    AdmissionOptions options;
    options.dir = dir_.path();
    options.clock = &clock_;
    auto service = AdmissionService::open(options, specs_);
    ASSERT_TRUE(service) << service.error().reason;
    service_ = std::move(*service);
  }
  void update() {
    const auto updated = service_->update(specs_);
    ASSERT_TRUE(updated) << updated.error().message;
  }
  std::string code(std::string_view presented, std::string_view from = "127.0.0.1") {
    const auto principal = service_->loop(0).authenticate(presented, from);
    return principal ? "ok" : principal.error().code;
  }
  KeySpec& spec() { return specs_.keys[0].spec; }

  testing::TempDir dir_;
  ManualClock clock_;
  AdmissionSpecs specs_;
  std::unique_ptr<AdmissionService> service_;
  NewKey key_;
};

TEST_F(IdentityTest, KnowsAKeyAndWhoseItIs) {
  const auto principal = service_->loop(0).authenticate(key_.text, "::1");
  ASSERT_TRUE(principal);
  EXPECT_EQ(principal->tenant_id(), "acme");
  EXPECT_EQ(principal->key_id(), key_.id);
  EXPECT_TRUE(principal->has_role(Role::data));
  EXPECT_FALSE(principal->has_role(Role::admin));
  EXPECT_TRUE(principal->still_valid(clock_.wall()));
}

TEST_F(IdentityTest, TheKeysPolicyIsUsedElseTheTenants) {
  const auto policy = [&] {
    const auto principal = service_->loop(0).authenticate(key_.text, "127.0.0.1");
    return fmt::format("{} {}", principal->policy().name, principal->policy().by);
  };
  EXPECT_EQ(policy(), " default");
  specs_.tenants[0].policy = "careful";
  update();
  EXPECT_EQ(policy(), "careful tenant");
  spec().policy = "mild";
  update();
  EXPECT_EQ(policy(), "mild key");
  specs_.tenants[0].policy.clear();
  update();
  EXPECT_EQ(policy(), "mild key");
}

TEST(PresentedKey, IsTheBearersElseTheHeaderOfItsOwn) {
  EXPECT_EQ(presented_key("Bearer a", ""), "a");
  EXPECT_EQ(presented_key("bearer a", ""), "a");
  EXPECT_EQ(presented_key("BEARER   a", ""), "a");
  EXPECT_EQ(presented_key("Bearer a", "b"), "a");
  EXPECT_EQ(presented_key("", "b"), "b");
  EXPECT_EQ(presented_key("Bearer", "b"), "b");
  EXPECT_EQ(presented_key("Basic a", "b"), "b");
  EXPECT_EQ(presented_key("Bearera", ""), "");
  EXPECT_EQ(presented_key("a", ""), "");
}

TEST_F(IdentityTest, RefusesWhatIsNoKey) {
  EXPECT_EQ(code(""), "missing_api_key");
  EXPECT_EQ(code("sk-123"), "invalid_api_key");
  EXPECT_EQ(code(std::string(100'000, 'a')), "invalid_api_key");
  EXPECT_EQ(code(std::string_view("gh_\0\xff", 5)), "invalid_api_key");
  KeyHasher hasher(service_->pepper());
  EXPECT_EQ(code(make_key(hasher, Random::system()).text), "invalid_api_key");
  for (size_t i = 0; i < key_.text.size(); ++i) {
    std::string changed = key_.text;
    changed[i] = changed[i] == 'a' ? 'b' : 'a';
    EXPECT_EQ(code(changed), "invalid_api_key") << i;
    EXPECT_EQ(code(key_.text.substr(0, i)), i == 0 ? "missing_api_key" : "invalid_api_key");
  }
  std::string upper = key_.text;
  std::transform(upper.begin(), upper.end(), upper.begin(), ::toupper);
  EXPECT_EQ(code(upper), "invalid_api_key");
}

TEST_F(IdentityTest, ARefusalNeverHoldsTheKey) {
  const auto secret = key_.text.substr(kKeyPrefix.size() + kKeyIdChars, kKeySecretChars);
  spec().expires = clock_.wall();
  update();
  const auto refused = service_->loop(0).authenticate(key_.text, "127.0.0.1");
  ASSERT_FALSE(refused);
  for (const std::string* text : {&refused.error().message, &refused.error().reason}) {
    EXPECT_EQ(text->find(secret), std::string::npos);
  }
}

TEST_F(IdentityTest, ExpiryIsToTheInstant) {
  spec().expires = clock_.wall() + std::chrono::seconds(10);
  update();
  const auto principal = service_->loop(0).authenticate(key_.text, "127.0.0.1");
  ASSERT_TRUE(principal);
  clock_.advance(std::chrono::seconds(10));
  EXPECT_EQ(code(key_.text), "key_expired");
  EXPECT_FALSE(principal->still_valid(clock_.wall())) << "on an open stream too";
}

TEST_F(IdentityTest, AnExpiryThatIsSetLaterEndsOpenStreamsToo) {
  const auto principal = service_->loop(0).authenticate(key_.text, "127.0.0.1");
  ASSERT_TRUE(principal);
  spec().expires = clock_.wall() + std::chrono::seconds(10);  // as a rotation with a grace does
  update();
  EXPECT_TRUE(principal->still_valid(clock_.wall()));
  clock_.advance(std::chrono::seconds(10));
  EXPECT_FALSE(principal->still_valid(clock_.wall()));
  spec().expires.reset();
  update();
  EXPECT_TRUE(principal->still_valid(clock_.wall()));
}

TEST_F(IdentityTest, RevocationReachesOpenStreamsAtOnce) {
  const auto principal = service_->loop(0).authenticate(key_.text, "127.0.0.1");
  ASSERT_TRUE(principal);
  EXPECT_TRUE(service_->revoke(key_.id));
  EXPECT_FALSE(principal->still_valid(clock_.wall()));
  EXPECT_EQ(code(key_.text), "key_revoked");
  EXPECT_FALSE(service_->revoke("unknown"));
  specs_.keys[0].revoked = clock_.wall();
  update();
  EXPECT_EQ(code(key_.text), "key_revoked");
}

TEST_F(IdentityTest, AKeyThatIsGoneOrWhoseTenantIsSuspendedEndsItsStreams) {
  const auto principal = service_->loop(0).authenticate(key_.text, "127.0.0.1");
  specs_.tenants[0].suspended = true;
  update();
  EXPECT_FALSE(principal->still_valid(clock_.wall()));
  EXPECT_EQ(code(key_.text), "tenant_suspended");
  specs_.tenants[0].suspended = false;
  update();
  EXPECT_TRUE(principal->still_valid(clock_.wall()));
  specs_.keys.clear();
  update();
  EXPECT_FALSE(principal->still_valid(clock_.wall()));
  EXPECT_EQ(code(key_.text), "invalid_api_key");
}

TEST_F(IdentityTest, AddressesAreHeldAgainstTheRanges) {
  spec().ip_ranges = {"10.0.0.0/8", "192.168.1.7", "2001:db8::/33", "0.0.0.0/32"};
  update();
  for (const char* inside : {"10.255.1.2", "192.168.1.7", "::ffff:10.1.1.1", "2001:db8:7fff::1"}) {
    EXPECT_EQ(code(key_.text, inside), "ok") << inside;
  }
  for (const char* outside : {"11.0.0.1", "192.168.1.8", "2001:db8:8000::1", "", "rubbish", "::1",
                              "10.0.0.1.5", "010.0.0.1"}) {
    EXPECT_EQ(code(key_.text, outside), "ip_not_allowed") << outside;
  }
  for (const char* wrong : {"10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "::/129", "a/8", "/8", ""}) {
    EXPECT_FALSE(IpRange::parse(wrong)) << wrong;
  }
}

TEST_F(IdentityTest, ModelsAreThoseOfTheTenantNarrowedByTheKey) {
  auto principal = service_->loop(0).authenticate(key_.text, "127.0.0.1");
  EXPECT_TRUE(principal->may_use_model("gpt-4o"));
  EXPECT_TRUE(principal->may_use_model("small"));
  EXPECT_FALSE(principal->may_use_model("smaller"));
  spec().models = {"small", "elsewhere"};
  update();
  principal = service_->loop(0).authenticate(key_.text, "127.0.0.1");
  EXPECT_FALSE(principal->may_use_model("gpt-4o"));
  EXPECT_FALSE(principal->may_use_model("elsewhere")) << "a key never has more than its tenant";
  const auto refused = service_->loop(0).admit(*principal, "gpt-4o", 0);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "model_not_allowed");
  EXPECT_TRUE(service_->loop(0).admit(*principal, "small", 0));
}

TEST_F(IdentityTest, AFaultySpecIsNamedAndTheOldOnesStay) {
  const auto wrong = [&](auto change, const std::string& param) {
    AdmissionSpecs specs = specs_;
    change(specs);
    const auto updated = service_->update(specs);
    ASSERT_FALSE(updated) << param;
    EXPECT_EQ(updated.error().param, param);
  };
  wrong([](auto& s) { s.keys[0].spec.tenant = "nobody"; }, "keys[0].tenant");
  wrong([](auto& s) { s.keys[0].spec.user = "nobody"; }, "keys[0].user");
  wrong([](auto& s) { s.keys.push_back(s.keys[0]); }, "keys[1].id");
  wrong([](auto& s) { s.tenants[1].id = "acme"; }, "tenants[1].id");
  wrong([](auto& s) { s.tenants[1].id = "A B"; }, "tenants[1].id");
  wrong([](auto& s) { s.keys[0].spec.ip_ranges = {"x"}; }, "keys[0].ip_ranges[0]");
  wrong([](auto& s) { s.keys[0].spec.roles = 0; }, "keys[0].roles");
  wrong([](auto& s) { s.keys[0].spec.budgets.resize(1); }, "keys[0].budgets[0]");
  wrong([](auto& s) { s.tenants[0].limits.max_concurrency = -1; },
        "tenants[0].limits.max_concurrency");
  wrong([](auto& s) { s.tenants[0].models = {"a*b"}; }, "tenants[0].models[0]");
  EXPECT_EQ(code(key_.text), "ok");
}

TEST_F(IdentityTest, OnlyThePepperOfTheFirstStartRecognisesKeys) {
  service_.reset();
  reopen();
  EXPECT_EQ(code(key_.text), "ok");
  const auto pepper = dir_.path() / "pepper";
  struct stat info {};
  ASSERT_EQ(::stat(pepper.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  service_.reset();
  std::filesystem::permissions(pepper, std::filesystem::perms(0644));
  AdmissionOptions options;
  options.dir = dir_.path();
  EXPECT_FALSE(AdmissionService::open(options, specs_)) << "others may read it";
  std::filesystem::permissions(pepper, std::filesystem::perms(0600));
  std::ofstream(pepper, std::ios::trunc) << "short";
  EXPECT_FALSE(AdmissionService::open(options, specs_));
}

TEST(KeyText, IsLongRandomAndChecked) {
  const Pepper pepper(std::array<unsigned char, 32>{1, 2, 3});
  KeyHasher hasher(pepper);
  std::set<std::string> texts;
  for (int i = 0; i < 1000; ++i) {
    const NewKey key = make_key(hasher, Random::system());
    EXPECT_EQ(key.text.size(), kKeyChars);
    EXPECT_TRUE(is_well_formed_key(key.text));
    EXPECT_EQ(key_id_of(key.text), key.id);
    EXPECT_TRUE(is_valid_id(key.id));
    EXPECT_EQ(hasher(key.text), key.hash);
    EXPECT_EQ(key_hash_from_hex(to_hex(key.hash)), key.hash);
    texts.insert(key.text);
  }
  EXPECT_EQ(texts.size(), 1000U);
}

/// RFC 4231, test case 1 has a 20-byte key; ours are 32 bytes, so the vector is computed with
/// `openssl dgst -sha256 -mac HMAC`.
TEST(KeyText, HashIsHmacSha256) {
  std::array<unsigned char, 32> bytes{};
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<unsigned char>(i);
  KeyHasher hasher{Pepper(bytes)};
  EXPECT_EQ(to_hex(hasher("gh_example")),
            "75f8ba0e6d78b5d2e23c0017b6ab6217a39bf2984f4a8366b7d2473053d38e72");
}

}  // namespace
}  // namespace gatehouse::admission
