// The data folder and its database, before and after other versions and processes.
#include "unit/control/admin_fixture.h"

namespace gatehouse::control {
namespace {

TEST_F(Admin, ADatabaseOfAnOlderVersionIsBroughtUp) {
  call(201, "POST", "/tenants", R"({"id": "acme"})");
  const bj::object made = call(201, "POST", "/keys", R"({"tenant": "acme"})");
  const std::string id(made.at("id").as_string());
  control_.reset();
  const std::string command = "python3 -c \"import sqlite3; d = sqlite3.connect('" +
                              (root_ / "control.db").string() +
                              "'); d.execute('ALTER TABLE keys DROP COLUMN rotated_from'); "
                              "d.execute('PRAGMA user_version = 1'); d.commit()\"";
  ASSERT_EQ(std::system(command.c_str()), 0);
  ASSERT_NO_FATAL_FAILURE(open());
  const bj::object shown = call(200, "GET", "/keys/" + id);
  EXPECT_FALSE(shown.contains("rotated_from"));
  EXPECT_FALSE(shown.contains("policy"));
  EXPECT_EQ(call(201, "POST", "/keys/" + id + "/rotate").at("rotated_from").as_string(), id);
}

TEST_F(Admin, ADatabaseOfANewerVersionIsLeftAlone) {
  control_.reset();
  const std::string command = "python3 -c \"import sqlite3; d = sqlite3.connect('" +
                              (root_ / "control.db").string() +
                              "'); d.execute('PRAGMA user_version = 99'); d.commit()\"";
  ASSERT_EQ(std::system(command.c_str()), 0);
  ControlOptions options;
  options.dir.root = root_;
  config::ConfigErrors errors;
  const auto opened = ControlPlane::open(options, errors);
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, "control_db_newer");
}

TEST(DataDir, IsHeldByOneProcessAtATime) {
  char folder[] = "/tmp/gatehouse-lock-XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  const DataDir dir{folder};
  ASSERT_TRUE(dir.prepare().has_value());
  auto lock = DataDirLock::acquire(dir);
  ASSERT_TRUE(lock.has_value());
  const auto second = DataDirLock::acquire(dir);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, "data_dir_in_use");
  lock->reset();
  EXPECT_TRUE(DataDirLock::acquire(dir).has_value());

  EXPECT_FALSE(ServerFile::read(dir).has_value());
  ServerFile file{42, "http://127.0.0.1:1", "http://127.0.0.1:2", "0.1.0"};
  ASSERT_TRUE(file.write(dir).has_value());
  EXPECT_EQ(ServerFile::read(dir)->admin_url, "http://127.0.0.1:2");
  std::ofstream(dir.server_file()) << "{broken";
  EXPECT_FALSE(ServerFile::read(dir).has_value());
  fs::remove_all(folder);
}

TEST(DataDir, SaysWhyAFolderCannotBeUsed) {
  const DataDir file{"/dev/null"};
  ASSERT_FALSE(file.prepare().has_value());
  EXPECT_EQ(file.prepare().error().message,
            "The data folder can't be used: /dev/null: is no folder.");
}

}  // namespace
}  // namespace gatehouse::control
