// The configuration file under the admin API: reloads, what it declares, what still depends on it.
#include <chrono>
#include <future>
#include <thread>

#include "unit/control/admin_fixture.h"

namespace gatehouse::control {
namespace {

TEST_F(Admin, OfTwoReloadsAtOnceTheLaterFileWins) {
  yaml_ = "log: {level: info}\n";
  control_.reset();
  ControlOptions options;
  options.dir.root = root_;
  options.config_file = root_ / "gatehouse.yaml";
  std::ofstream(options.config_file) << yaml_;
  int loads = 0;
  std::thread second;
  std::promise<void> done;
  options.overrides = [&](config::Config&) {
    if (++loads != 2) return;
    // The first reload has read its file; another one begins and has the time to overtake it.
    std::ofstream(root_ / "gatehouse.yaml") << "log: {level: debug}\n";
    second = std::thread([&] {
      config::ConfigErrors errors;
      EXPECT_TRUE(control_->reload("second", errors).has_value());
      done.set_value();
    });
    done.get_future().wait_for(std::chrono::milliseconds(500));
  };
  config::ConfigErrors errors;
  auto opened = ControlPlane::open(options, errors);
  ASSERT_TRUE(opened.has_value());
  control_ = std::move(*opened);
  EXPECT_TRUE(control_->reload("first", errors).has_value());
  second.join();
  EXPECT_EQ(control_->config()->log.level, log::Level::debug);
}

TEST_F(Admin, WhatNeedsARestartStaysAsTheServerStarted) {
  yaml_ = "engine: {default_max_tokens: 100}\n";
  ASSERT_NO_FATAL_FAILURE(open());
  std::ofstream(root_ / "gatehouse.yaml")
      << "engine: {default_max_tokens: 200}\naudit: {enabled: false}\nlog: {level: debug}\n";
  EXPECT_EQ(bj::serialize(call(200, "POST", "/reload")["needs_restart"]), R"(["engine","audit"])");
  ASSERT_NE(applied_, nullptr);
  EXPECT_EQ(applied_->engine.default_max_tokens, 100);
  EXPECT_TRUE(applied_->audit.enabled);
  EXPECT_EQ(applied_->log.level, log::Level::debug);
  EXPECT_EQ(control_->config()->engine.default_max_tokens, 200);
}

TEST_F(Admin, WhatTheFileDeclaresIsChangedThereOnly) {
  yaml_ = "tenants: [{id: acme, name: Acme}]\nusers: [{id: ada, tenant: acme}]\n";
  ASSERT_NO_FATAL_FAILURE(open());
  EXPECT_EQ(call(200, "GET", "/tenants/acme")["declared_in"], "file");
  EXPECT_EQ(call(409, "DELETE", "/tenants/acme")["code"], "declared_in_file");
  call(409, "PUT", "/tenants/acme", R"({"id": "acme"})");
  call(409, "DELETE", "/tenants/acme/users/ada");
  // Keys of it may live in the database. They have no owner once the file drops the tenant, and
  // are as good as unknown then; the reload goes through.
  call(201, "POST", "/keys", R"({"tenant": "acme", "user": "ada"})");
  EXPECT_EQ(control_->specs()->keys.size(), 1U);
  std::ofstream(root_ / "gatehouse.yaml") << "tenants: []\n";
  call(200, "POST", "/reload");
  EXPECT_TRUE(admitted_.keys.empty());
}

TEST_F(Admin, ReloadSwapsWholeOrNotAtAll) {
  yaml_ = "log: {level: info}\n";
  ASSERT_NO_FATAL_FAILURE(open());
  std::ofstream(root_ / "gatehouse.yaml") << "log: {level: debug}\nserver: {threads: 7}\n";
  EXPECT_EQ(bj::serialize(call(200, "POST", "/reload")["needs_restart"]), R"(["server"])");
  EXPECT_EQ(control_->config()->log.level, log::Level::debug);
  EXPECT_EQ(applied_->log.level, log::Level::debug);

  std::ofstream(root_ / "gatehouse.yaml") << "log: {level: loud}\nserver: {threads: -1}\n";
  const bj::object wrong = call(400, "POST", "/reload");
  ASSERT_EQ(wrong.at("errors").as_array().size(), 2U);
  EXPECT_EQ(wrong.at("errors").at(0).at("line"), 1);
  EXPECT_EQ(wrong.at("errors").at(0).at("key"), "log.level");
  EXPECT_EQ(control_->config()->log.level, log::Level::debug);

  std::ofstream(root_ / "gatehouse.yaml") << "log: {level: warn}\n";
  refuse_apply_ = true;
  call(400, "POST", "/reload");
  EXPECT_EQ(control_->config()->log.level, log::Level::debug);
  EXPECT_EQ(noted_.size(), 3U);
  EXPECT_TRUE(noted_[1].ends_with("failed"));
}

TEST_F(Admin, ConfigurationIsShownWithoutSecrets) {
  setenv("GATEHOUSE_TEST_SECRET", "sk-very-secret", 1);
  yaml_ = "upstreams: [{name: a, base_url: 'http://h/v1', api_key_env: GATEHOUSE_TEST_SECRET}]\n";
  ASSERT_NO_FATAL_FAILURE(open());
  EXPECT_EQ(control_->config()->upstreams[0].api_key, "sk-very-secret");
  const std::string text = bj::serialize(call(200, "GET", "/config"));
  EXPECT_NE(text.find("http://h/v1"), std::string::npos);
  EXPECT_EQ(text.find("very-secret"), std::string::npos);
}

TEST_F(Admin, APolicyThatATenantOfTheDatabaseNamesCannotVanish) {
  const std::string strict = "firewall: {policies: [{name: strict}]}\n";
  yaml_ = strict;
  ASSERT_NO_FATAL_FAILURE(open());
  call(201, "POST", "/tenants", R"({"id": "bank", "policy": "strict"})");

  std::ofstream(root_ / "gatehouse.yaml") << "firewall: {policies: [{name: stricter}]}\n";
  config::ConfigErrors errors;
  ASSERT_FALSE(control_->reload("tester", errors).has_value());
  const std::string told = config::to_string(errors);
  EXPECT_NE(told.find("\"bank\""), std::string::npos) << told;
  EXPECT_NE(told.find("\"strict\""), std::string::npos) << told;
  EXPECT_EQ(applied_, nullptr);
  EXPECT_EQ(control_->config()->firewall.policies[0].name, "strict");

  // A server does not start so either; the commands that mend the tenant still work.
  control_.reset();
  ControlOptions options;
  options.dir.root = root_;
  options.config_file = root_ / "gatehouse.yaml";
  errors.clear();
  EXPECT_FALSE(ControlPlane::open_to_serve(options, errors).has_value());
  EXPECT_EQ(errors.size(), 1U);
  yaml_ = "firewall: {policies: [{name: stricter}]}\n";
  ASSERT_NO_FATAL_FAILURE(open());
  call(200, "PUT", "/tenants/bank", R"({"id": "bank", "policy": "stricter"})");
  EXPECT_TRUE(control_->reload("tester", errors).has_value());
}

TEST_F(Admin, APolicyThatAKeyOfTheDatabaseNamesCannotVanishWhileTheKeyIsOfUse) {
  const auto declare = [&](const std::string& policy) {
    yaml_ = "firewall: {policies: [{name: " + policy + "}]}\n";
    std::ofstream(root_ / "gatehouse.yaml") << yaml_;
  };
  const auto reload = [&] {
    config::ConfigErrors errors;
    (void)control_->reload("tester", errors);
    return config::to_string(errors);
  };
  declare("strict");
  ASSERT_NO_FATAL_FAILURE(open());
  call(201, "POST", "/tenants", R"({"id": "bank"})");
  const std::string body = R"({"tenant": "bank", "policy": "strict")";
  const auto make = [&](const std::string& more) {
    return std::string(call(201, "POST", "/keys", body + more + "}").at("id").as_string());
  };
  const std::string id = make("");
  call(200, "DELETE", "/keys/" + make(""));
  make(R"(, "expires": "2100-01-01")");
  clock_.jump_wall(std::chrono::hours(24 * 365 * 80));

  declare("stricter");
  const std::string told = reload();
  EXPECT_NE(told.find("key \"" + id + '"'), std::string::npos) << told;
  EXPECT_NE(told.find("\"strict\""), std::string::npos) << told;
  EXPECT_EQ(control_->config()->firewall.policies[0].name, "strict");

  // A server does not start so either; the commands that mend the key still work.
  control_.reset();
  ControlOptions options;
  options.dir.root = root_;
  options.config_file = root_ / "gatehouse.yaml";
  options.clock = &clock_;
  config::ConfigErrors errors;
  EXPECT_FALSE(ControlPlane::open_to_serve(options, errors).has_value());
  EXPECT_EQ(errors.size(), 1U);
  ASSERT_NO_FATAL_FAILURE(open());
  call(200, "PATCH", "/keys/" + id, R"({"policy": "stricter"})");
  EXPECT_EQ(reload(), "");
}

}  // namespace
}  // namespace gatehouse::control
