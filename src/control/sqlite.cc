#include "control/sqlite.h"

#include <fmt/format.h>
#include <sqlite3.h>

namespace gatehouse::control {
namespace {

Refusal failed(std::string reason) {
  Refusal refusal = Refusal::internal(Layer::control, std::move(reason));
  refusal.code = "control_db_failed";
  refusal.message = "The control database can't be used: " + refusal.reason + ".";
  return refusal;
}

}  // namespace

Result<std::unique_ptr<Sqlite>> Sqlite::open(const std::filesystem::path& path) {
  sqlite3* raw = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
  std::unique_ptr<Sqlite> db(new Sqlite(raw));
  if (code != SQLITE_OK) {
    return refuse(failed(fmt::format("{}: {}", path.string(), sqlite3_errstr(code))));
  }
  sqlite3_busy_timeout(raw, 2000);
  if (auto ready = db->run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
                           "PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF;");
      !ready) {
    return refuse(std::move(ready.error()));
  }
  return db;
}

Sqlite::~Sqlite() {
  sqlite3_close_v2(db_);
}

Refusal Sqlite::error(std::string_view doing) const {
  return failed(fmt::format("{}: {}", doing, sqlite3_errmsg(db_)));
}

Result<void> Sqlite::run(const char* sql) {
  if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return refuse(error(sql));
}

Result<Sqlite::Statement> Sqlite::prepare(const char* sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(db_, sql, -1, &statement, nullptr) != SQLITE_OK) {
    return refuse(error(sql));
  }
  return Statement(*this, statement);
}

Sqlite::Statement::~Statement() {
  sqlite3_finalize(statement_);
}

Sqlite::Statement::Statement(Statement&& other) noexcept
    : db_(other.db_), statement_(std::exchange(other.statement_, nullptr)) {}

Sqlite::Statement& Sqlite::Statement::bind(int index, std::string_view text) {
  sqlite3_bind_text(statement_, index, text.data(), static_cast<int>(text.size()),
                    SQLITE_TRANSIENT);  // NOLINT(performance-no-int-to-ptr): SQLite's own macro
  return *this;
}

Sqlite::Statement& Sqlite::Statement::bind(int index, int64_t number) {
  sqlite3_bind_int64(statement_, index, number);
  return *this;
}

Sqlite::Statement& Sqlite::Statement::bind_null(int index) {
  sqlite3_bind_null(statement_, index);
  return *this;
}

Result<bool> Sqlite::Statement::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return refuse(db_.error("step"));
}

std::string Sqlite::Statement::text(int column) const {
  const unsigned char* text = sqlite3_column_text(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  if (text == nullptr) return {};
  return {reinterpret_cast<const char*>(text), static_cast<size_t>(size)};
}

int64_t Sqlite::Statement::number(int column) const {
  return sqlite3_column_int64(statement_, column);
}

bool Sqlite::Statement::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

}  // namespace gatehouse::control
