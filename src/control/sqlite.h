#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "core/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace gatehouse::control {

/// A connection to one SQLite database: WAL, foreign keys, every commit on disk. Not thread-safe.
class Sqlite {
 public:
  static Result<std::unique_ptr<Sqlite>> open(const std::filesystem::path& path);
  ~Sqlite();
  Sqlite(const Sqlite&) = delete;
  Sqlite& operator=(const Sqlite&) = delete;

  /// One or more statements without parameters.
  Result<void> run(const char* sql);

  /// A statement with `?` parameters, bound in order from 1.
  class Statement {
   public:
    ~Statement();
    Statement(Statement&& other) noexcept;
    Statement& operator=(Statement&&) = delete;
    Statement& bind(int index, std::string_view text);
    Statement& bind(int index, int64_t number);
    Statement& bind_null(int index);
    /// True: a row is there. False: the end. An error is `internal`.
    Result<bool> step();
    std::string text(int column) const;
    int64_t number(int column) const;
    bool is_null(int column) const;

   private:
    friend class Sqlite;
    Statement(Sqlite& db, sqlite3_stmt* statement) : db_(db), statement_(statement) {}
    Sqlite& db_;
    sqlite3_stmt* statement_;
  };
  Result<Statement> prepare(const char* sql);

 private:
  explicit Sqlite(sqlite3* db) : db_(db) {}
  Refusal error(std::string_view doing) const;
  sqlite3* db_;
};

}  // namespace gatehouse::control
