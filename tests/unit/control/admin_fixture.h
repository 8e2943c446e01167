// A control plane on a fresh folder, for the tests of what the admin API does.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "control/admin_call.h"
#include "control/control_plane.h"
#include "control/sqlite.h"

namespace gatehouse::control {

namespace bj = boost::json;
namespace fs = std::filesystem;

/// A control plane on a fresh folder, and what it tells the server.
class Admin : public testing::Test {
 protected:
  void SetUp() override {
    char folder[] = "/tmp/gatehouse-control-XXXXXX";
    ASSERT_NE(mkdtemp(folder), nullptr);
    root_ = folder;
    ASSERT_NO_FATAL_FAILURE(open());
  }
  void TearDown() override {
    control_.reset();
    fs::remove_all(root_);
  }

  void open() {
    control_.reset();
    ControlOptions options;
    options.dir.root = root_;
    options.clock = &clock_;
    if (!yaml_.empty()) {
      options.config_file = root_ / "gatehouse.yaml";
      std::ofstream(options.config_file) << yaml_;
    }
    config::ConfigErrors errors;
    auto opened = ControlPlane::open(options, errors);
    ASSERT_TRUE(opened.has_value()) << opened.error().message << config::to_string(errors);
    control_ = std::move(*opened);
    ControlHooks hooks;
    hooks.admit = [this](const admission::AdmissionSpecs& specs) -> Result<void> {
      admitted_ = specs;
      return {};
    };
    hooks.revoke = [this](const std::string& id) { revoked_.insert(id); };
    hooks.apply = [this](std::shared_ptr<const config::Config> next) -> Result<void> {
      if (refuse_apply_) return refuse(Refusal::invalid("engine.enabled", "Not now."));
      applied_ = std::move(next);
      return {};
    };
    hooks.audit = [this](const settlement::ControlEvent& event) -> Result<void> {
      if (refuse_audit_) return refuse(Refusal::internal(Layer::settlement, "disk full"));
      noted_.push_back(std::string(event.action) + " " + std::string(event.target) +
                       (event.ok ? "" : " failed"));
      details_.emplace_back(event.detail);
      return {};
    };
    control_->set_hooks(std::move(hooks));
  }

  bj::object call(int status, const std::string& method, const std::string& path,
                  const std::string& body = "") {
    const AdminResponse response =
        handle_admin(*control_, {method, "/admin/v1" + path, body, "tester"});
    EXPECT_EQ(response.status, status) << method << " " << path << ": " << response.body;
    EXPECT_EQ(response.content_type,
              response.status < 400 ? "application/json" : "application/problem+json");
    return bj::parse(response.body).as_object();
  }

  /// As on a full disk: nothing can be written to a table of the database any more.
  void break_database(const std::string& table) {
    auto db = Sqlite::open(control_->dir().control_db());
    ASSERT_TRUE(db.has_value());
    const std::string sql = "CREATE TRIGGER broken BEFORE INSERT ON " + table +
                            " BEGIN SELECT RAISE(ABORT, 'disk full'); END";
    ASSERT_TRUE((*db)->run(sql.c_str()).has_value());
  }
  void mend_database() {
    auto db = Sqlite::open(control_->dir().control_db());
    ASSERT_TRUE(db.has_value());
    ASSERT_TRUE((*db)->run("DROP TRIGGER broken").has_value());
  }

  const admission::KeyRecord* admitted_key(const std::string& id) const {
    for (const auto& key : admitted_.keys) {
      if (key.spec.id == id) return &key;
    }
    return nullptr;
  }

  fs::path root_;
  std::string yaml_;
  ManualClock clock_;
  std::unique_ptr<ControlPlane> control_;
  admission::AdmissionSpecs admitted_;
  std::set<std::string> revoked_;
  std::shared_ptr<const config::Config> applied_;
  std::vector<std::string> noted_;
  std::vector<std::string> details_;
  bool refuse_apply_ = false;
  bool refuse_audit_ = false;
};

}  // namespace gatehouse::control
