#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

struct llama_model;
struct llama_vocab;

namespace gatehouse::inference::local {

using Token = int32_t;

/// The weights and the vocabulary of one GGUF file. Immutable once loaded, so thread-safe.
class Model {
 public:
  /// `mapped`: pages of the file, shared between processes; what the engine has put into another
  /// order for speed is in memory once more. `none`: only the vocabulary and the metadata.
  enum class Weights : unsigned char { mapped, none };
  /// 0 to 1 while the file is read.
  using Progress = std::function<void(float)>;

  /// Errors: `unavailable` with code "model_missing" where there is no such file (the message names
  /// the command that fetches it), "model_unreadable" where it is not a model that llama.cpp runs.
  static Result<std::unique_ptr<Model>> load(const std::string& path, Progress progress = {},
                                             Weights weights = Weights::mapped);
  ~Model();
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  /// The file's name without quantisation and suffix, in lower case: "smollm2-135m-instruct".
  const std::string& id() const { return id_; }
  static std::string id_of(const std::string& path);
  int64_t created() const { return created_; }  // the file's date, Unix seconds
  llama_model* handle() const { return model_; }
  const llama_vocab* vocab() const { return vocab_; }
  int32_t vocab_size() const { return static_cast<int32_t>(pieces_.size()); }
  int32_t trained_context() const;
  std::string metadata(const char* key) const;  // a text of the file's, empty if it has none
  /// The Jinja source, empty if the file has none.
  const std::string& chat_template() const { return chat_template_; }
  std::string token_text(Token token) const;  // as the vocabulary spells it: "<|im_start|>"

  /// Appends the tokens of `text`. Only with `parse_special` do spellings of special tokens become
  /// those tokens: never pass it for text that the template did not write.
  void tokenize(std::string_view text, bool parse_special, std::vector<Token>& out) const;
  /// The bytes that a token stands for; nothing for control tokens. Not always whole UTF-8.
  std::string_view piece(Token token) const { return pieces_[static_cast<size_t>(token)]; }
  /// No token stands for more bytes: a text of n bytes has at least n / longest_piece() tokens.
  size_t longest_piece() const { return longest_piece_; }
  bool ends_answer(Token token) const;
  /// The token that begins every prompt, or -1.
  Token begin_token() const { return begin_token_; }
  Token end_token() const;

 private:
  Model() = default;
  void read_vocabulary();

  std::string id_;
  std::string chat_template_;
  int64_t created_ = 0;
  llama_model* model_ = nullptr;
  const llama_vocab* vocab_ = nullptr;
  std::vector<std::string> pieces_;
  size_t longest_piece_ = 1;
  Token begin_token_ = -1;
};

/// The pinned models, beside the build that this program is part of, whatever the working
/// directory; empty if no folder near the program holds the file.
std::string find_pinned_model(std::string_view file);
inline constexpr std::string_view kPinnedChatModel = "SmolLM2-135M-Instruct.Q4_1.gguf";
inline constexpr std::string_view kPinnedEmbeddingModel = "all-minilm-l6-v2.gguf";

/// What `Model::load` says of a file that is not a model it knows.
Refusal unreadable_model(const std::string& path);

/// Why this machine's CPU cannot run the engine (it needs x86-64-v3), or empty.
std::string cpu_problem();

}  // namespace gatehouse::inference::local
