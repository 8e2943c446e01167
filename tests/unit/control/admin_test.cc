// The admin API as the server and the commands call it: tenants, keys, what is noted and refused.
#include <chrono>
#include <thread>

#include <sys/stat.h>

#include "control/refused_calls.h"
#include "unit/control/admin_fixture.h"

namespace gatehouse::control {
namespace {

TEST_F(Admin, FirstStartMakesADemoTenantItsKeyAndAnAdminKeyOnce) {
  auto first = control_->first_start();
  ASSERT_TRUE(first.has_value());
  ASSERT_TRUE(first->has_value());
  EXPECT_EQ((*first)->tenant, "demo");
  EXPECT_TRUE(admission::is_well_formed_key((*first)->key));
  EXPECT_EQ(read_admin_key(control_->dir()), (*first)->admin_key);
  struct stat about {};
  ASSERT_EQ(stat((root_ / "admin.key").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600U);

  const auto specs = control_->specs();
  ASSERT_EQ(specs->keys.size(), 2U);
  for (const auto& key : specs->keys) {
    const bool admin = key.spec.id == admission::key_id_of((*first)->admin_key);
    EXPECT_EQ(key.spec.roles,
              admission::roles_of(admin ? admission::Role::admin : admission::Role::data));
  }

  // The second start finds everything as it was.
  ASSERT_NO_FATAL_FAILURE(open());
  auto second = control_->first_start();
  ASSERT_TRUE(second.has_value());
  EXPECT_FALSE(second->has_value());
  EXPECT_EQ(control_->specs()->keys.size(), 2U);
  EXPECT_EQ(read_admin_key(control_->dir()), (*first)->admin_key);

  // A lost admin.key is replaced by a new one; the demo tenant is not made again.
  fs::remove(root_ / "admin.key");
  ASSERT_TRUE(control_->first_start().has_value());
  EXPECT_TRUE(read_admin_key(control_->dir()).has_value());
  EXPECT_NE(read_admin_key(control_->dir()), (*first)->admin_key);
}

TEST_F(Admin, NoKeyIsStoredInPlain) {
  const auto first = control_->first_start();
  const std::string made = std::string(
      call(201, "POST", "/keys", R"({"tenant": "demo", "name": "ci"})")["key"].as_string());
  control_.reset();
  for (const auto& entry : fs::recursive_directory_iterator(root_)) {
    if (!entry.is_regular_file() || entry.path().filename() == "admin.key") continue;
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string content((std::istreambuf_iterator<char>(in)), {});
    // The id is public; the secret follows it.
    for (const std::string& key : {made, (*first)->key, (*first)->admin_key}) {
      EXPECT_EQ(content.find(key.substr(admission::kKeyPrefix.size() + admission::kKeyIdChars)),
                std::string::npos)
          << entry.path();
    }
  }
}

TEST_F(Admin, TenantsAreMadeShownChangedAndDeletedWithTheirKeys) {
  call(201, "POST", "/tenants",
       R"({"id": "acme", "limits": {"requests_per_minute": 60},
           "budgets": [{"period": "month", "usd": "250.50"}]})");
  bj::object shown = call(200, "GET", "/tenants/acme");
  EXPECT_EQ(shown["declared_in"], "database");
  EXPECT_EQ(bj::serialize(shown["budgets"]), R"([{"period":"month","usd":"250.5"}])");
  EXPECT_EQ(call(200, "PUT", "/tenants/acme", R"({"suspended": true})")["id"], "acme");
  for (const char* other : {R"({"id": "bank"})", R"({"id": null})", R"({"id": ""})"}) {
    EXPECT_EQ(call(400, "PUT", "/tenants/acme", other)["param"], "id") << other;
  }
  EXPECT_FALSE(call(200, "GET", "/tenants/acme").contains("limits"));
  ASSERT_EQ(admitted_.tenants.size(), 1U);
  EXPECT_TRUE(admitted_.tenants[0].suspended);

  ASSERT_NO_FATAL_FAILURE(open());  // it was on disk
  EXPECT_TRUE(control_->specs()->tenants[0].suspended);

  const auto key = call(201, "POST", "/keys", R"({"tenant": "acme"})");
  EXPECT_EQ(call(200, "DELETE", "/tenants/acme")["keys"], 1);
  EXPECT_TRUE(revoked_.contains(std::string(key.at("id").as_string())));
  EXPECT_TRUE(admitted_.tenants.empty());
  EXPECT_TRUE(admitted_.keys.empty());
  call(404, "GET", "/tenants/acme");
  EXPECT_EQ(noted_, (std::vector<std::string>{"tenant.create acme", "tenant.replace acme",
                                              "key.create " + std::string(key.at("id").as_string()),
                                              "tenant.delete acme"}));
}

TEST_F(Admin, KeysAreShownOnceListedRevokedAndRotated) {
  call(201, "POST", "/tenants", R"({"id": "acme"})");
  call(201, "POST", "/users", R"({"id": "ada", "tenant": "acme"})");
  const auto made = call(201, "POST", "/keys",
                         R"({"tenant": "acme", "user": "ada", "models": ["gpt-4*"],
                             "roles": ["data", "admin"], "ip_ranges": ["10.0.0.0/8"],
                             "expires": "2030-01-31T08:00:00Z"})");
  const std::string id(made.at("id").as_string());
  EXPECT_TRUE(admission::is_well_formed_key(std::string(made.at("key").as_string())));
  ASSERT_NE(admitted_key(id), nullptr);
  EXPECT_EQ(admitted_key(id)->spec.user, "ada");
  EXPECT_EQ(admitted_key(id)->spec.roles, 3);

  const auto shown = call(200, "GET", "/keys/" + id);
  EXPECT_FALSE(shown.contains("key"));
  EXPECT_EQ(shown.at("status"), "active");
  EXPECT_EQ(shown.at("expires"), "2030-01-31T08:00:00Z");
  EXPECT_EQ(call(200, "GET", "/keys?tenant=nobody")["keys"].as_array().size(), 0U);
  EXPECT_EQ(call(200, "GET", "/keys?tenant=acme")["keys"].as_array().size(), 1U);

  const auto rotated = call(201, "POST", "/keys/" + id + "/rotate");
  const std::string next(rotated.at("id").as_string());
  EXPECT_NE(next, id);
  EXPECT_EQ(rotated.at("models"), made.at("models"));
  EXPECT_EQ(rotated.at("rotated_from").as_string(), id);
  EXPECT_TRUE(revoked_.contains(id));
  EXPECT_EQ(call(200, "GET", "/keys/" + id).at("status"), "revoked");
  call(409, "POST", "/keys/" + id + "/rotate");

  // With a grace period the old one expires instead.
  const auto third = call(201, "POST", "/keys/" + next + "/rotate?grace_seconds=60");
  EXPECT_FALSE(revoked_.contains(next));
  EXPECT_EQ(call(200, "GET", "/keys/" + next).at("status"), "active");
  clock_.advance(std::chrono::seconds(61));
  EXPECT_EQ(call(200, "GET", "/keys/" + next).at("status"), "expired");
  call(400, "POST", "/keys/" + next + "/rotate?grace_seconds=ten");

  EXPECT_EQ(third.at("rotated_from").as_string(), id) << "the first of the row";
  const std::string last(third.at("id").as_string());
  call(200, "POST", "/keys/" + last + "/revoke");
  EXPECT_TRUE(revoked_.contains(last));
  ASSERT_NE(admitted_key(last), nullptr);
  EXPECT_TRUE(admitted_key(last)->revoked.has_value());
  call(200, "POST", "/keys/" + last + "/revoke");  // twice is the same
  call(404, "DELETE", "/keys/nosuch");
}

TEST_F(Admin, AKeysPolicyIsChosenShownChangedAndGoesOnToTheNextKey) {
  yaml_ = "firewall: {policies: [{name: strict}, {name: mild}]}\n";
  ASSERT_NO_FATAL_FAILURE(open());
  call(201, "POST", "/tenants", R"({"id": "acme"})");
  const std::string body = R"({"tenant": "acme", "budgets": [{"period": "day", "tokens": 9}],
                               "policy": )";
  const bj::object unknown = call(400, "POST", "/keys", body + R"("stict"})");
  EXPECT_EQ(unknown.at("code"), "unknown_policy");
  EXPECT_EQ(unknown.at("param"), "policy");
  const std::string id(call(201, "POST", "/keys", body + R"("strict"})").at("id").as_string());
  EXPECT_EQ(call(200, "GET", "/keys/" + id).at("policy"), "strict");
  EXPECT_EQ(admitted_key(id)->spec.policy, "strict");

  const std::string key = "/keys/" + id;
  for (const char* wrong : {R"({"policy": "stict"})", R"({"policy": 3})"}) {
    EXPECT_EQ(call(400, "PATCH", key, wrong).at("param"), "policy") << wrong;
  }
  // What it may do and spend stays what its holder was given.
  for (const char* wrong : {R"({"tenant": "bank"})", R"({"roles": ["admin"]})", R"({"limits": {}})",
                            R"({"expires": "2099-01-31"})"}) {
    call(400, "PATCH", key, wrong);
  }
  EXPECT_EQ(admitted_key(id)->spec.policy, "strict");
  const bj::object changed = call(200, "PATCH", key, R"({"policy": "mild"})");
  EXPECT_EQ(changed.at("policy"), "mild");
  EXPECT_EQ(changed.at("budgets"), call(200, "GET", key).at("budgets"));
  EXPECT_EQ(admitted_key(id)->spec.policy, "mild");
  EXPECT_EQ(call(200, "PATCH", key, R"({"name": "ci"})").at("policy"), "mild");
  EXPECT_EQ(noted_.back(), "key.change " + id);
  EXPECT_EQ(details_.back(), "policy: mild");
  refuse_audit_ = true;
  call(500, "PATCH", key, R"({"policy": "strict"})");
  refuse_audit_ = false;

  ASSERT_NO_FATAL_FAILURE(open());  // it was on disk
  EXPECT_EQ(call(200, "GET", key).at("policy"), "mild");
  const bj::object next = call(201, "POST", key + "/rotate");
  EXPECT_EQ(next.at("policy"), "mild");
  EXPECT_EQ(call(409, "PATCH", key, R"({"policy": "strict"})").at("code"), "key_revoked");
  const std::string next_key = "/keys/" + std::string(next.at("id").as_string());
  EXPECT_FALSE(call(200, "PATCH", next_key, R"({"policy": ""})").contains("policy"));
  EXPECT_EQ(call(404, "PATCH", "/keys/nosuchid", "{}").at("code"), "key_not_found");
}

TEST_F(Admin, WrongBodiesAreRefusedWithEveryError) {
  bj::object wrong = call(400, "POST", "/tenants", R"({"id": "A b", "polcy": "x", "models": 3})");
  EXPECT_EQ(wrong["status"], 400);
  ASSERT_TRUE(wrong.contains("errors"));
  EXPECT_EQ(wrong["errors"].as_array().size(), 3U) << bj::serialize(wrong);
  EXPECT_EQ(call(400, "POST", "/tenants", "[]")["detail"],
            "The body must be a JSON object, but is an array.");
  call(400, "POST", "/tenants", "{");
  call(400, "POST", "/tenants", "");
  call(400, "POST", "/tenants", R"({"id": "acme", "policy": "nope"})");
  call(404, "POST", "/keys", R"({"tenant": "nobody"})");
  call(400, "POST", "/keys", R"({"tenant": "acme", "expires": "soon"})");
  call(201, "POST", "/tenants", R"({"id": "acme"})");
  EXPECT_EQ(call(409, "POST", "/tenants", R"({"id": "acme"})")["code"], "tenant_exists");
  call(404, "POST", "/keys", R"({"tenant": "acme", "user": "nobody"})");
  EXPECT_EQ(call(400, "POST", "/keys", R"({"tenant": "acme", "expires": "2001-01-01"})")["code"],
            "expires_in_the_past");
  call(400, "POST", "/keys", R"({"tenant": "acme", "ip_ranges": ["10.0.0.1/8"]})");
  call(400, "POST", "/keys", R"({"tenant": "acme", "roles": ["root"]})");
  call(404, "GET", "/nothing");
  call(404, "GET", "/tenants/a/b/c/d/e");
  call(404, "GET", "/tenants/%zz");
  call(405, "PATCH", "/tenants");
  EXPECT_TRUE(noted_.size() == 1U);  // what is refused changes nothing
}

TEST_F(Admin, NothingIsChangedThatCannotBeAudited) {
  refuse_audit_ = true;
  call(500, "POST", "/tenants", R"({"id": "acme"})");
  EXPECT_TRUE(control_->specs()->tenants.empty());
  refuse_audit_ = false;
  call(201, "POST", "/tenants", R"({"id": "acme"})");
  refuse_audit_ = true;
  call(500, "POST", "/keys", R"({"tenant": "acme"})");
  const auto specs = control_->specs();
  for (const auto& key : specs->keys) EXPECT_TRUE(key.revoked.has_value());
  // But a key can be revoked on a full disk.
  refuse_audit_ = false;
  const std::string id(call(201, "POST", "/keys", R"({"tenant": "acme"})").at("id").as_string());
  refuse_audit_ = true;
  call(200, "POST", "/keys/" + id + "/revoke");
  EXPECT_TRUE(revoked_.contains(id));
}

TEST_F(Admin, ARevocationHoldsThoughItCannotBeWrittenAndIsWrittenLater) {
  call(201, "POST", "/tenants", R"({"id": "acme"})");
  const std::string id(call(201, "POST", "/keys", R"({"tenant": "acme"})").at("id").as_string());
  ASSERT_NO_FATAL_FAILURE(break_database("keys"));
  EXPECT_EQ(call(500, "POST", "/keys/" + id + "/revoke").at("code"), "control_db_failed");
  EXPECT_EQ(noted_.back(), "key.revoke " + id + " failed");
  call(200, "POST", "/reload");
  ASSERT_NE(admitted_key(id), nullptr);
  EXPECT_TRUE(admitted_key(id)->revoked.has_value());
  EXPECT_EQ(call(200, "GET", "/health").at("status"), "degraded");
  EXPECT_EQ(call(200, "GET", "/keys/" + id).at("status"), "revoked");

  ASSERT_NO_FATAL_FAILURE(mend_database());
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (call(200, "GET", "/health").at("status") != "ok") {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  ASSERT_NO_FATAL_FAILURE(open());
  EXPECT_EQ(call(200, "GET", "/keys/" + id).at("status"), "revoked");
}

TEST_F(Admin, AChangeThatDidNotComeAboutIsTakenBackInTheAuditLog) {
  ASSERT_NO_FATAL_FAILURE(break_database("tenants"));
  call(500, "POST", "/tenants", R"({"id": "acme"})");
  EXPECT_EQ(noted_, (std::vector<std::string>{"tenant.create acme", "tenant.create acme failed"}));
  EXPECT_NE(details_.back().find("disk full"), std::string::npos);
}

TEST_F(Admin, AFirstStartIsNotedAndIsAllOrNothing) {
  // The admin key works, the demo tenant's does not: nothing stays, and the next start is the
  // first.
  auto db = Sqlite::open(control_->dir().control_db());
  ASSERT_TRUE(db.has_value());
  ASSERT_TRUE((*db)
                  ->run("CREATE TRIGGER broken BEFORE INSERT ON keys WHEN NEW.tenant = 'demo' "
                        "BEGIN SELECT RAISE(ABORT, 'disk full'); END")
                  .has_value());
  ASSERT_FALSE(control_->first_start().has_value());
  EXPECT_EQ(noted_.back(), "system.first_start  failed");
  ASSERT_TRUE((*db)->run("DROP TRIGGER broken").has_value());
  ASSERT_NO_FATAL_FAILURE(open());
  noted_.clear();
  const auto first = control_->first_start();
  ASSERT_TRUE(first.has_value() && first->has_value());
  EXPECT_EQ(noted_, (std::vector<std::string>{
                        "tenant.create admin",
                        "key.create " + std::string(admission::key_id_of((*first)->admin_key)),
                        "tenant.create demo",
                        "key.create " + std::string(admission::key_id_of((*first)->key))}));
}

TEST_F(Admin, AQueryThatIsNotUnderstoodIsRefused) {
  call(201, "POST", "/tenants", R"({"id": "acme"})");
  const std::string id(call(201, "POST", "/keys", R"({"tenant": "acme"})").at("id").as_string());
  const auto refused = [&](const std::string& method, const std::string& path) {
    const bj::object answer = call(400, method, path);
    EXPECT_EQ(answer.at("code"), "invalid_query") << path;
    return std::string(answer.at("param").as_string());
  };
  EXPECT_EQ(refused("POST", "/keys/" + id + "/rotate?grace=3600"), "grace");
  EXPECT_EQ(refused("POST", "/keys/" + id + "/rotate?grace_seconds=60%"), "grace_seconds");
  EXPECT_EQ(refused("POST", "/keys/" + id + "/rotate?grace_seconds"), "grace_seconds");
  EXPECT_EQ(refused("POST", "/keys/" + id + "/rotate?grace_seconds=60&grace_seconds=0"),
            "grace_seconds");
  EXPECT_EQ(refused("GET", "/keys?tenant=%zz"), "tenant");
  EXPECT_EQ(refused("GET", "/keys?tenant="), "tenant");
  EXPECT_EQ(refused("POST", "/reload?now=1"), "now");
  EXPECT_TRUE(revoked_.empty());
  EXPECT_EQ(call(200, "GET", "/keys?tenant=%61cme")["keys"].as_array().size(), 1U);
}

TEST(RefusedCalls, AFloodSharesOneEvent) {
  ManualClock clock;
  RefusedCalls calls(clock);
  uint64_t alone = 0;
  for (int i = 0; i < 1000; ++i) alone += calls.count("192.0.2.7") ? 1 : 0;
  EXPECT_EQ(alone, settlement::FailedAuthentications::kOneByOne);
  EXPECT_TRUE(calls.take(false).empty()) << "its minute is not over";
  clock.advance(std::chrono::seconds(61));
  const auto counts = calls.take(false);
  ASSERT_EQ(counts.size(), 1U);
  EXPECT_EQ(counts[0].client, "192.0.2.7");
  EXPECT_EQ(counts[0].calls, 1000 - alone);
  EXPECT_TRUE(calls.take(true).empty());
}

}  // namespace
}  // namespace gatehouse::control
